/** A small memory of the browser that never fails: where it is forbidden, what is kept lasts as long as the page. */
export interface Storage {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
}

const prefix = 'wasl-chat-';

/** @param open Gives the browser's storage; even touching it throws where cookies are blocked. */
export function createStorage(open: () => globalThis.Storage): Storage {
  const memory = new Map<string, string>();
  const tried = <Result>(work: () => Result): Result | null => {
    try {
      return work();
    } catch {
      return null;
    }
  };
  return {
    get: (name) => tried(() => open().getItem(prefix + name)) ?? memory.get(name) ?? null,
    set(name, value) {
      if (value === null) memory.delete(name);
      else memory.set(name, value);
      tried(() => (value === null ? open().removeItem(prefix + name) : open().setItem(prefix + name, value)));
    },
  };
}
