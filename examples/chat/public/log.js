// What this tab knows about one room: messages and notes, in order, each of them once.

const LIMIT = 500;

export class RoomLog {
  entries = [];
  /** Everything up to this id has arrived; null before the first visit. */
  lastId = null;
  #byKey = new Map();
  #notes = 0;

  /** Adds a message, or brings the one that is there up to date: a message can arrive twice. */
  add(message) {
    const key = `${message.author}/${message.clientId}`;
    let entry = this.#byKey.get(key);
    if (!entry) {
      entry = { kind: "message", key };
      this.#byKey.set(key, entry);
      this.entries.push(entry);
    }
    // An id from the server settles it. A late "failed" must not overrule that.
    if (entry.state !== "delivered") Object.assign(entry, message);
    this.#sort();
    return entry;
  }

  note(text, time, subject) {
    const last = this.entries.findLast((entry) => entry.kind === "note" || entry.id);
    // Someone with a bad connection comes and goes: one line for that, not twenty.
    if (last?.kind === "note" && subject && last.subject === subject) {
      Object.assign(last, { text, time });
    } else {
      this.entries.push({ kind: "note", key: `note-${this.#notes++}`, text, time, subject });
    }
    this.#sort();
  }

  advance(id) {
    this.lastId = Math.max(this.lastId ?? 0, id);
  }

  // The ids of the server are the order. What has none yet stays below all the others.
  #sort() {
    const order = (entry) => entry.id ?? (entry.kind === "note" ? entry.time : Infinity);
    // Array.sort is stable, so messages that wait keep the order in which they were written.
    this.entries.sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b)));
    while (this.entries.length > LIMIT) this.#byKey.delete(this.entries.shift().key);
  }
}
