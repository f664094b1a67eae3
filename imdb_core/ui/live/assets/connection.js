// One connection to the server's feed, which comes back by itself whatever cuts it.

const SILENT_MS = 40_000; // the server says something every 15 s
const FIRST_BYTE_MS = 5_000;
const LOOK_MS = 5_000;
const LONGEST_PAUSE_MS = 5_000;
const STREAM_AGAIN_MS = 300_000;

export class Connection {
  topics = new Map(); // name -> stamp of what is known
  runs = new Map(); // id -> number of the last event that is known
  pauseMs = 0;
  heldBackAt = -Infinity;

  /**
   * @param root address that `api/changes` stands under
   * @param deliver told each message
   */
  constructor(root, deliver) {
    this.root = root;
    this.deliver = deliver;
    setInterval(() => this.look(), LOOK_MS);
  }

  /** Follow these topics and runs, and no others; what was known of those that stay is kept. */
  want(topics, runs) {
    const isSame = sameKeys(this.topics, topics) && sameKeys(this.runs, runs);
    this.topics = new Map([...topics].map((topic) => [topic, this.topics.get(topic) ?? 0]));
    this.runs = new Map([...runs].map((run) => [run, this.runs.get(run) ?? 0]));
    if (!isSame) this.restart();
  }

  restart() {
    this.request?.abort();
    clearTimeout(this.timer);
    if (this.topics.size || this.runs.size) this.timer = setTimeout(() => this.ask(), this.pauseMs);
  }

  /** A proxy, or a laptop that slept, may leave a connection that says nothing any more. */
  look() {
    if (this.request && Date.now() - this.heardAt > SILENT_MS) this.restart();
  }

  get isHeldBack() {
    return performance.now() - this.heldBackAt < STREAM_AGAIN_MS;
  }

  async ask() {
    const request = (this.request = new AbortController());
    this.heardAt = Date.now();
    const isShort = this.isHeldBack;
    let isHeard = false;
    const giveUp = setTimeout(() => {
      // Something on the way holds answers back until they have ended: ask for short ones.
      if (isHeard || isShort) return;
      this.heldBackAt = performance.now();
      this.pauseMs = 0;
      this.restart();
    }, FIRST_BYTE_MS);
    try {
      const response = await fetch(this.address(isShort), { signal: request.signal, cache: "no-store" });
      if (!response.ok) throw new Error(`the feed answered ${response.status}`);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        isHeard = true;
        this.heardAt = Date.now();
        this.pauseMs = 0;
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        blocks.forEach((block) => this.read(block));
      }
      if (!isShort) this.slowDown(); // the server has ended
    } catch (error) {
      if (request.signal.aborted) return;
      this.slowDown();
    } finally {
      clearTimeout(giveUp);
    }
    if (this.request === request) this.restart();
  }

  slowDown() {
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * this.pauseMs + 250);
  }

  address(isShort) {
    const query = new URLSearchParams();
    for (const [topic, stamp] of this.topics) query.append("topic", `${topic}@${stamp}`);
    for (const [run, seq] of this.runs) query.append("run", `${run}@${seq}`);
    if (isShort) query.append("once", "1");
    return `${this.root}api/changes?${query}`;
  }

  read(block) {
    let id;
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) id = Number(line.slice(4));
      if (line.startsWith("data: ")) this.take(JSON.parse(line.slice(6)), id);
    }
  }

  take(message, id) {
    if (message.topic && this.topics.has(message.topic)) this.topics.set(message.topic, id);
    if (message.run && this.runs.has(message.run)) {
      this.runs.set(message.run, message.restart ? 0 : message.events.at(-1).seq);
    }
    this.deliver(message);
  }
}

const sameKeys = (known, wanted) => known.size === wanted.size && [...wanted].every((key) => known.has(key));
