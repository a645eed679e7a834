package connectors

import "github.com/wardline/wardline/directory"

// Sample is the first people of a source as they would be taken. Nothing of it is stored.
type Sample struct {
	Records []SampleRecord `json:"records"`
	End     bool           `json:"end_of_source"` // there is nobody else
	Fault   *Fault         `json:"fault,omitempty"`
}

// SampleRecord is one record as it was mapped.
type SampleRecord struct {
	Record string                     `json:"record"`
	Key    string                     `json:"key"`
	Op     directory.Op               `json:"op"`
	Values map[directory.Field]string `json:"values"`
	Units  []directory.UnitRef        `json:"units"`
	Groups []directory.GroupRef       `json:"groups"`
	Photo  bool                       `json:"photo"`
	Fault  *Fault                     `json:"fault,omitempty"`
	Notes  []string                   `json:"notes,omitempty"`
}

// sampled shows a record without its photo.
func sampled(p Pulled) SampleRecord {
	values := map[directory.Field]string{}
	for f, v := range p.Change.Fields {
		if !v.Null {
			values[f] = v.Text
		}
	}
	return SampleRecord{
		Record: p.Record, Key: p.Change.Key, Op: p.Change.Op, Values: values, Units: p.Change.Units, Groups: p.Change.Groups,
		Photo: len(p.Change.Photo) > 0, Fault: p.Fault, Notes: p.Notes,
	}
}
