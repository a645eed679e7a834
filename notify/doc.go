// Package notify carries what the hub itself has to say to people and sources: it seals
// alert cards for each device and puts them into the alarm rooms, and it takes answers back
// to the alarm sources.
//
// Both are durable outboxes: the transaction that changed the alert also wrote that a card
// or an answer is owed. Work here may be cut off anywhere; what is not marked as done comes
// again, and doing it twice is harmless: a card's item has an id derived from alert and
// version, and sources know answers by their number.
//
// Alone of the edges it knows several domains, because its whole work is carrying a word
// from one to another. It never imports the store.
package notify
