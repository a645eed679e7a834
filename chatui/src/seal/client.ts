import type { Asked, NewKeys, Opened, SealAnswer, SealedItem, SealRequest, Told } from "./protocol.ts";

type Waiting = { resolve: (answer: SealAnswer) => void; reject: (error: Error) => void };

/** Sealer is what the page asks of the worker that holds the private keys. */
export interface Sealer {
  generate(user: string): Promise<NewKeys>;
  load(user: string): Promise<boolean>;
  open(items: SealedItem[]): Promise<Opened[]>;
}

/** SealClient talks to the worker; answers come back in any order. */
export class SealClient implements Sealer {
  #worker: Worker;
  #waiting = new Map<number, Waiting>();
  #no = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Told>) => this.#told(data);
    worker.onerror = () => this.#failAll("the worker has stopped");
  }

  async generate(user: string): Promise<NewKeys> {
    const answer = await this.#ask({ op: "generate", user });
    if (answer.op !== "generate") throw new Error("answer to another question");
    return answer.keys;
  }

  async load(user: string): Promise<boolean> {
    const answer = await this.#ask({ op: "load", user });
    return answer.op === "load" && answer.found;
  }

  async open(items: SealedItem[]): Promise<Opened[]> {
    const answer = await this.#ask({ op: "open", items });
    if (answer.op !== "open") throw new Error("answer to another question");
    return answer.opened;
  }

  close(): void {
    this.#worker.terminate();
    this.#failAll("the worker was closed");
  }

  #ask(request: SealRequest): Promise<SealAnswer> {
    const asked: Asked = { no: ++this.#no, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(asked.no, { resolve, reject });
      this.#worker.postMessage(asked);
    });
  }

  #told(told: Told): void {
    const waiting = this.#waiting.get(told.no);
    this.#waiting.delete(told.no);
    if ("answer" in told) waiting?.resolve(told.answer);
    else waiting?.reject(new Error(told.failed));
  }

  #failAll(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

export function startSealWorker(): SealClient {
  const worker = new Worker(new URL("./seal.worker.ts", import.meta.url), { type: "module" });
  return new SealClient(worker);
}
