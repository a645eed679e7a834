package server

import (
	"context"
	"sync"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

const peer = hub.UserID("66666666-6666-7666-8666-666666666666")

// talkFake is a delivery service that takes everything, or refuses everything with err, and
// keeps what it was asked last.
type talkFake struct {
	mu    sync.Mutex
	err   error
	asked any
}

func (k *talkFake) note(asked any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = asked
	return k.err
}

func (k *talkFake) Create(_ context.Context, _ messaging.Caller, r messaging.NewRoom) (messaging.Conversation, error) {
	return messaging.Conversation{Room: messaging.Room{ID: r.ID, Kind: r.Kind, LastSeq: 1}, Epoch: 1, Role: messaging.Owner, Members: 3, Peer: peer}, k.note(r)
}
func (k *talkFake) Conversations(context.Context, messaging.Caller) ([]messaging.Conversation, error) {
	return nil, k.err
}
func (k *talkFake) Commit(_ context.Context, _ messaging.Caller, _ hub.RoomID, c messaging.Commit) (messaging.Committed, error) {
	return messaging.Committed{Seq: 7, Epoch: 3}, k.note(c)
}
func (k *talkFake) Send(context.Context, messaging.Caller, []*messaging.Message) error { return k.err }
func (k *talkFake) Members(context.Context, messaging.Caller, hub.RoomID) ([]messaging.RoomMember, error) {
	return []messaging.RoomMember{{User: user, Name: "Eva", Role: messaging.Owner, Since: time.Unix(0, 0).UTC()}}, k.err
}
func (k *talkFake) Add(_ context.Context, _ messaging.Caller, _ hub.RoomID, users []hub.UserID) error {
	return k.note(users)
}
func (k *talkFake) Remove(_ context.Context, _ messaging.Caller, _ hub.RoomID, u hub.UserID) error {
	return k.note(u)
}
func (k *talkFake) SetRole(_ context.Context, _ messaging.Caller, _ hub.RoomID, _ hub.UserID, r messaging.Role) error {
	return k.note(r)
}
func (k *talkFake) PutPackages(_ context.Context, _ messaging.Caller, p [][]byte, last []byte) error {
	return k.note(append(p, last))
}
func (k *talkFake) CountPackages(context.Context, messaging.Caller) (int, error) { return 12, k.err }
func (k *talkFake) Claim(_ context.Context, _ messaging.Caller, users []hub.UserID, devices []hub.DeviceID) ([]messaging.KeyPackage, []hub.UserID, error) {
	return []messaging.KeyPackage{{User: peer, Device: device, Package: []byte("kp")}}, nil, k.note([]any{users, devices})
}
func (k *talkFake) Welcome(context.Context, messaging.Caller, hub.RoomID) (int64, []byte, error) {
	return 5, []byte("welcome"), k.err
}
func (k *talkFake) MarkRead(context.Context, messaging.Caller, hub.RoomID, int64) (bool, error) {
	return true, k.err
}
func (k *talkFake) Mute(_ context.Context, _ messaging.Caller, _ hub.RoomID, muted bool) error {
	return k.note(muted)
}
func (k *talkFake) Receipts(context.Context, messaging.Caller, hub.RoomID) ([]messaging.Receipt, error) {
	return []messaging.Receipt{{User: peer, Delivered: 4, Read: 2}}, k.err
}
func (k *talkFake) ItemReceipts(_ context.Context, _ messaging.Caller, _ hub.RoomID, seq int64) ([]messaging.ItemReceipt, error) {
	return []messaging.ItemReceipt{{User: peer, DeliveredAt: time.Unix(0, 0).UTC()}}, k.note(seq)
}
func (k *talkFake) AppendLog(_ context.Context, _ messaging.Caller, e messaging.LogEntry) (int64, error) {
	return 2, k.note(e)
}
func (k *talkFake) LogEntries(_ context.Context, _ messaging.Caller, _ hub.UserID, after int64) ([]messaging.LogEntry, error) {
	return []messaging.LogEntry{{N: after + 1, Body: []byte("{}"), Sig: []byte("s")}}, k.err
}
func (k *talkFake) PutLetter(_ context.Context, _ messaging.Caller, to hub.DeviceID, body []byte) error {
	return k.note(len(body))
}
func (k *talkFake) Letters(context.Context, messaging.Caller, string, int) ([]messaging.Letter, error) {
	return []messaging.Letter{{ID: thing, From: device, Body: []byte("sealed")}}, k.err
}
func (k *talkFake) DropLetter(_ context.Context, _ messaging.Caller, id string) error {
	return k.note(id)
}
func (k *talkFake) AskRejoin(_ context.Context, _ messaging.Caller, _ hub.RoomID, _ []byte, cause string) error {
	return k.note(cause)
}
func (k *talkFake) PutFaults(_ context.Context, _ messaging.Caller, f []messaging.Fault) error {
	return k.note(f)
}
func (k *talkFake) RepairFaults(_ context.Context, _ messaging.Caller, f []messaging.Fault) error {
	return k.note(f)
}
func (k *talkFake) Upkeep(context.Context, messaging.Caller, int) ([]messaging.Upkeep, error) {
	return []messaging.Upkeep{{Room: thing, Remove: []messaging.Leaf{{Index: 3, User: peer, Device: device}}}}, k.err
}
func (k *talkFake) BackupChunks(context.Context, messaging.Caller) ([]int, int64, error) {
	return []int{0, 1}, 9, k.err
}
func (k *talkFake) PutBackup(_ context.Context, _ messaging.Caller, n int, body []byte) error {
	return k.note(len(body))
}
func (k *talkFake) Backup(context.Context, messaging.Caller, int) ([]byte, error) {
	return []byte("chunk"), k.err
}
func (k *talkFake) DropBackup(context.Context, messaging.Caller) error { return k.err }
func (k *talkFake) Contacts(_ context.Context, _ messaging.Caller, query string, limit int) ([]messaging.Contact, error) {
	return []messaging.Contact{{ID: peer, Name: "Max"}}, k.note(query)
}
func (k *talkFake) UserDevices(context.Context, messaging.Caller, hub.UserID) ([]messaging.PublicDevice, error) {
	return []messaging.PublicDevice{{ID: device, Sign: []byte("sign"), KEM: []byte("kem")}}, k.err
}
func (k *talkFake) Recorder(context.Context, hub.ClinicID) (hub.UserID, hub.DeviceID, error) {
	return peer, "", k.err
}

func (k *talkFake) port() Talk {
	return Talk{Rooms: k, Members: k, Packages: k, Reading: k, Log: k, Post: k, Healing: k, Vault: k, Contacts: k, Devices: k, Recorder: k, Backup: true, Receipts: true}
}

// pushFake is a clinic that wakes phones.
type pushFake struct{ *talkFake }

func (pushFake) Key() string { return "vapid" }
func (p pushFake) Subscribe(_ context.Context, _ messaging.Caller, endpoint, _, _ string) error {
	return p.note(endpoint)
}
func (p pushFake) Unsubscribe(context.Context, messaging.Caller) error { return p.err }

// notHers is an alert the user was never told of.
const notHers = hub.AlertID("99999999-0000-7000-8000-000000000000")

func (w *world) Responders(_ context.Context, c hub.ClinicID, alert hub.AlertID, _ hub.UserID) ([]alerting.Responder, error) {
	if alert == notHers {
		return nil, hub.E("responders", hub.NotFound, "", "")
	}
	return []alerting.Responder{{User: user, Name: "Eva", Accepted: true}}, at(c)
}

// Chat and Faults are the console's view of conversations.
func (w *world) Chat(context.Context, hub.ClinicID) (ChatHealth, error) {
	return ChatHealth{Recorder: RecorderHealth{Connected: true}, Open: 1, ByCause: map[string]int{"epoch": 1}}, nil
}
func (w *world) Faults(context.Context, hub.ClinicID) ([]messaging.FaultRecord, error) {
	return []messaging.FaultRecord{{Fault: messaging.Fault{Room: thing, Seq: 4, Cause: "epoch"}, User: user, Name: "Eva", DeviceName: "Handy", At: time.Unix(0, 0).UTC()}}, nil
}
