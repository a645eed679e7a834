package server

import (
	"context"

	"github.com/wardline/wardline/messaging"
)

// ChunkPath names a part of a backup.
type ChunkPath struct {
	N int `path:"n" minimum:"0" maximum:"1999"`
}

type putChunkInput struct {
	ChunkPath
	Body struct {
		Body []byte `json:"body" minLength:"4" maxLength:"349528" doc:"Encrypted on the device, at most 256 KiB."`
	}
}

type chunksView struct {
	Chunks []int `json:"chunks"`
	Bytes  int64 `json:"bytes"`
}

type chunkView struct {
	Body []byte `json:"body"`
}

func (c *chat) backupRoutes() {
	asDevice(c, 0, route{"GET", "/backup", "backup", "What there is of the account's backup", member, 200}, allowed(c, c.backup))
	asDevice(c, 0, route{"GET", "/backup/{n}", "get-backup", "A part of the account's backup", member, 200}, allowed(c, c.getChunk))
	asDevice(c, backupBody, route{"PUT", "/backup/{n}", "put-backup", "Keep a part of the account's backup", member, 0}, allowed(c, c.putChunk))
	asDevice(c, 0, route{"DELETE", "/backup", "drop-backup", "Drop the account's backup", member, 0}, c.dropBackup)
}

// allowed refuses where the clinic allows no backups. What there is can always be dropped.
func allowed[I, O any](c *chat, f func(context.Context, messaging.Caller, *I) (O, error)) func(context.Context, messaging.Caller, *I) (O, error) {
	return func(ctx context.Context, who messaging.Caller, in *I) (O, error) {
		if !c.o.Talk.Backup {
			var nothing O
			return nothing, forbiddenHere()
		}
		return f(ctx, who, in)
	}
}

func (c *chat) backup(ctx context.Context, who messaging.Caller, _ *struct{}) (chunksView, error) {
	chunks, bytes, err := c.o.Talk.Vault.BackupChunks(ctx, who)
	return chunksView{chunks, bytes}, err
}

func (c *chat) getChunk(ctx context.Context, who messaging.Caller, in *ChunkPath) (chunkView, error) {
	body, err := c.o.Talk.Vault.Backup(ctx, who, in.N)
	return chunkView{body}, err
}

func (c *chat) putChunk(ctx context.Context, who messaging.Caller, in *putChunkInput) (none, error) {
	return none{}, c.o.Talk.Vault.PutBackup(ctx, who, in.N, in.Body.Body)
}

func (c *chat) dropBackup(ctx context.Context, who messaging.Caller, _ *struct{}) (none, error) {
	return none{}, c.o.Talk.Vault.DropBackup(ctx, who)
}
