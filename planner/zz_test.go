package planner
import ("testing";"time";"egressplan/planner/inventory")
func TestZZ(t *testing.T){ for _,m:=range []bool{false,true}{ plan,_:=inventory.Load([]inventory.Source{{Name:"p",Data:[]byte(manyApps(10000,"namespace",m))}})
 for _,p:=range patterns { t0:=time.Now(); w:=newWork(plan,p,nil); w.layAddresses(); t1:=time.Now(); w.b=w.compileNetwork(""); t2:=time.Now(); w.rows=w.allowRows(); w.b.allow(w.rows); t3:=time.Now(); w.paths=w.walkAll(); t4:=time.Now(); w.survivals(); w.planFindings(); w.pathFindings(); t5:=time.Now()
 t.Log(m,p.id(),"lay",t1.Sub(t0),"compile",t2.Sub(t1),"rows",t3.Sub(t2),"walk",t4.Sub(t3),"findings",t5.Sub(t4), "total", t5.Sub(t0), len(w.b.net.Nodes)) } } }
