/** Locks lets one task at a time work on one thing, in the order they came. */
export class Locks {
  #last = new Map<string, Promise<unknown>>();

  run<T>(name: string, task: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(name) ?? Promise.resolve()).then(task);
    const settled = done.catch(() => undefined).then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    });
    this.#last.set(name, settled);
    return done;
  }
}
