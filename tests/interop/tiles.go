// Checks a tally export as a tiled log, with the Go project's own packages
// for transparency logs and signed notes, and nothing of ours:
//
//	tiles FOLDER COLLECTOR.CARD
//
// The checkpoint must be signed by the card's key; the tiles must give its
// root; every entry must be the leaf that the tiles say, and be proved to be
// in the tree; smaller trees must be consistent with it; no file may be there
// that the tree does not have.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

// C2SP paths are Go's without the height, and with entries for data.
func pathOf(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", t.H))
	if t.L < 0 {
		path = "entries" + strings.TrimPrefix(path, "data")
	}
	return filepath.Join("tile", path)
}

type folder struct {
	path  string
	cache map[tlog.Tile][]byte
}

func (f *folder) Height() int { return height }

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, ok := f.cache[t]
		if !ok {
			var err error
			data, err = os.ReadFile(filepath.Join(f.path, pathOf(t)))
			if err != nil {
				return nil, err
			}
		}
		all = append(all, data)
	}
	return all, nil
}

func (f *folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, t := range tiles {
		f.cache[t] = data[i]
	}
}

func cardKey(path string) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 2 && words[0] == "checkpoint" {
			key, err := hex.DecodeString(words[1])
			if err == nil && len(key) != ed25519.PublicKeySize {
				err = fmt.Errorf("a key of %d bytes", len(key))
			}
			return key, err
		}
	}
	return nil, fmt.Errorf("%s names no checkpoint key", path)
}

// The signed tree, if the card's key has signed it under the name that is the
// log's origin.
func openCheckpoint(path string, key ed25519.PublicKey) (tlog.Tree, error) {
	var tree tlog.Tree
	msg, err := os.ReadFile(path)
	if err != nil {
		return tree, err
	}
	origin := strings.SplitN(string(msg), "\n", 2)[0]
	text, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, fmt.Errorf("a checkpoint of %d lines", len(lines)-1)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tree, fmt.Errorf("a root that is none: %s", lines[2])
	}
	copy(tree.Hash[:], root)
	return tree, nil
}

// Every tile that a tree of size n has in the end, and no other.
func tilesOf(n int64) map[string]tlog.Tile {
	all := make(map[string]tlog.Tile)
	add := func(t tlog.Tile) { all[pathOf(t)] = t }
	for level := 0; n > 0; level++ {
		for i := int64(0); i < (n+width-1)/width; i++ {
			w := width
			if n-i*width < width {
				w = int(n - i*width)
			}
			add(tlog.Tile{H: height, L: level, N: i, W: w})
			if level == 0 {
				add(tlog.Tile{H: height, L: -1, N: i, W: w})
			}
		}
		n /= width
	}
	return all
}

func checkFiles(top string, n int64) error {
	wanted := tilesOf(n)
	err := filepath.Walk(filepath.Join(top, "tile"),
		func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			name, err := filepath.Rel(top, path)
			if _, ok := wanted[name]; err == nil && !ok {
				err = fmt.Errorf("%s is not a tile of this tree", name)
			}
			delete(wanted, name)
			return err
		})
	if err != nil {
		return err
	}
	for name := range wanted {
		return fmt.Errorf("%s is missing", name)
	}
	return nil
}

func readEntries(top string, n int64) ([][]byte, error) {
	var entries [][]byte
	for i := int64(0); i*width < n; i++ {
		t := tlog.Tile{H: height, L: -1, N: i, W: width}
		if n-i*width < width {
			t.W = int(n - i*width)
		}
		data, err := os.ReadFile(filepath.Join(top, pathOf(t)))
		if err != nil {
			return nil, err
		}
		in := bytes.NewReader(data)
		for j := 0; j < t.W; j++ {
			var size uint16
			if err := binary.Read(in, binary.BigEndian, &size); err != nil {
				return nil, err
			}
			entry := make([]byte, size)
			if k, err := in.Read(entry); k != int(size) || err != nil {
				return nil, fmt.Errorf("%s ends in an entry", pathOf(t))
			}
			entries = append(entries, entry)
		}
		if in.Len() != 0 {
			return nil, fmt.Errorf("%s has %d bytes more", pathOf(t), in.Len())
		}
	}
	return entries, nil
}

// A tree that is made here, of the entries alone.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, i := range indexes {
		all = append(all, s[i])
	}
	return all, nil
}

func check(top, card string) (int64, error) {
	key, err := cardKey(card)
	if err != nil {
		return 0, err
	}
	tree, err := openCheckpoint(filepath.Join(top, "checkpoint"), key)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	if err := checkFiles(top, tree.N); err != nil {
		return 0, err
	}
	tiles := tlog.TileHashReader(tree, &folder{top, make(map[tlog.Tile][]byte)})
	root, err := tlog.TreeHash(tree.N, tiles)
	if err != nil || root != tree.Hash {
		return 0, fmt.Errorf("tree: %v is not %v: %v", root, tree.Hash, err)
	}
	entries, err := readEntries(top, tree.N)
	if err != nil {
		return 0, err
	}
	var own stored
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, own)
		if err != nil {
			return 0, err
		}
		own = append(own, hashes...)
		proof, err := tlog.ProveRecord(tree.N, int64(i), tiles)
		if err != nil {
			return 0, fmt.Errorf("entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i),
			tlog.RecordHash(entry)); err != nil {
			return 0, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	for n := int64(1); n <= tree.N; n++ {
		old, err := tlog.TreeHash(n, own)
		if err != nil {
			return 0, err
		}
		proof, err := tlog.ProveTree(tree.N, n, tiles)
		if err != nil {
			return 0, fmt.Errorf("tree of %d: %w", n, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, n, old); err != nil {
			return 0, fmt.Errorf("tree of %d: %w", n, err)
		}
	}
	return tree.N, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: tiles FOLDER COLLECTOR.CARD")
		os.Exit(2)
	}
	n, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintf(os.Stderr, "tiles: %v\n", err)
		os.Exit(1)
	}
	fmt.Printf("%d entries\n", n)
}
