package notify

import (
	"context"
	"sync"

	"github.com/wardline/wardline/hub"
)

// maxKeys bounds the cache to some 60 MB.
const maxKeys = 50_000

// keyCache keeps public keys of devices. It needs no invalidation: a device's key never
// changes, a browser that makes new keys is a new device, and which devices may open a card
// is read anew for each card. The zero value is ready.
type keyCache struct {
	mu   sync.RWMutex
	keys map[hub.DeviceID][]byte
}

// get returns the keys of all ids that exist, reading those it does not have.
func (k *keyCache) get(ctx context.Context, box CardBox, clinic hub.ClinicID, ids []hub.DeviceID) (map[hub.DeviceID][]byte, error) {
	found := make(map[hub.DeviceID][]byte, len(ids))
	var missing []hub.DeviceID
	k.mu.RLock()
	for _, id := range ids {
		if key, ok := k.keys[id]; ok {
			found[id] = key
		} else {
			missing = append(missing, id)
		}
	}
	k.mu.RUnlock()
	if len(missing) == 0 {
		return found, nil
	}
	read, err := box.DeviceKeys(ctx, clinic, missing)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys)+len(read) > maxKeys {
		k.keys = make(map[hub.DeviceID][]byte, len(read))
	}
	for id, key := range read {
		k.keys[id], found[id] = key, key
	}
	return found, nil
}
