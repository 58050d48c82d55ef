// The live feed of the server: records of several kinds, past ones first.

const GONE = "The playground has stopped. Start it again with make demo.";

/** Follows `/live`; a handler that is added late gets the past records too. */
export class Feed {
  #handlers = new Map();
  #past = [];
  #run = null;

  /** `onState` gets "live", "lost" or "ended", and a text. */
  constructor(onState) {
    this.onState = onState;
  }

  /** Resolves to the first record, which describes this playground. */
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

  /** All handlers have been added: stop keeping the past records. */
  settle() {
    this.#past = null;
  }

  /** Call the handlers with a record of the page itself. */
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
