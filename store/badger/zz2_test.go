package badger_test
import ("testing";"context";"math/rand/v2";"os/exec";"understudy/store/badger")
func TestZZ2(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, err := badger.Open(dir, nil)
	if err != nil { t.Fatal(err) }
	b := s.NewBody(ctx)
	buf := make([]byte, 1<<20)
	r := rand.NewChaCha8([32]byte{})
	for i := range 100 {
		_, _ = r.Read(buf)
		if _, err := b.Write(buf); err != nil { t.Fatal(err) }
		if i == 50 { o, _ := exec.Command("ls", "-las", dir+"/store").CombinedOutput(); t.Log(string(o)) }
	}
	_, err = b.Commit()
	o, _ := exec.Command("ls", "-las", dir+"/store").CombinedOutput(); t.Log(string(o))
	_ = s.Close(ctx)
	o, _ = exec.Command("ls", "-las", dir+"/store").CombinedOutput(); t.Log(string(o))
}
