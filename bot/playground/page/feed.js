// What the server tells: records of many kinds, those of the past first.

const GONE = "The demo has ended: run make demo again.";

/** Follows `/live`; a handler that comes late is told of the past too. */
export class Feed {
  #handlers = new Map();
  #past = [];
  #run = null;

  /** `onState` hears "live", "lost" or "ended", with a sentence. */
  constructor(onState) {
    this.onState = onState;
  }

  /** Resolves to the first record, which says what this demo is made of. */
  open() {
    return new Promise((resolve) => {
      const source = new EventSource("/live");
      source.onerror = () => this.onState("lost", "connecting …");
      source.onmessage = ({ data }) => this.#take(JSON.parse(data), source, resolve);
    });
  }

  on(kind, handler) {
    this.#handlers.set(kind, [...(this.#handlers.get(kind) ?? []), handler]);
    for (const record of this.#past ?? []) if (record.kind === kind) handler(record);
  }

  /** Everybody listens now: the past need not be kept for those who come late. */
  settle() {
    this.#past = null;
  }

  /** Tell the handlers of something that happens on the page itself. */
  emit(record) {
    for (const handler of this.#handlers.get(record.kind) ?? []) handler(record);
  }

  #take(record, source, resolve) {
    if (record.kind === "hello") {
      if (this.#run && this.#run !== record.run) return location.reload();
      this.#run = record.run;
      this.onState("live", "live");
      resolve(record);
      return;
    }
    if (record.kind === "stopped") {
      source.close();
      this.onState("ended", GONE);
    }
    this.#past?.push(record);
    this.emit(record);
  }
}
