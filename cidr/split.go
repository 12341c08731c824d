package cidr

import "net/netip"

// Split cuts a block into equal parts of a prefix length; a block that is as
// narrow already stays whole, and nothing comes of one that is not IPv4.
func Split(p netip.Prefix, bits int) []netip.Prefix {
	b, ok := toBlock(p)
	if !ok {
		return nil
	}
	if b.bits >= bits {
		return []netip.Prefix{b.prefix()}
	}
	list := make([]netip.Prefix, 0, 1<<(bits-b.bits))
	for at := b.start(); at < b.end(); at += sizeOf(bits) {
		list = append(list, block{uint32(at), bits}.prefix())
	}
	return list
}
