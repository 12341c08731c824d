// Package quiet keeps the plugin's logger off the files of the machine. The
// logger reads its environment and begins to write as its package is
// initialised; packages that are ready are initialised in the order of their
// import paths, so this one, which needs little, comes before it.
package quiet

import "os"

func init() {
	os.Setenv("AWS_VPC_K8S_CNI_LOG_FILE", "stderr")
	os.Setenv("AWS_VPC_K8S_CNI_LOGLEVEL", "FATAL")
}
