import { batchLength, type RawMessage } from '../protocol.ts';
import { readPageMessage, toRawMessage } from './page-message.ts';

/** Messages that wait for the store, at most; what comes on top is found by the next catch-up. */
const mostWaiting = 1_000;
/** Ids of messages that are stored, so that a catch-up gives only what is new. */
const mostStored = 5_000;

export interface InboxPage {
  /** Names of chats with something newer than `since` (seconds since the epoch). */
  chats(since: number): Promise<readonly string[]>;
  /** A chat's messages since, oldest first, as the page has them. */
  messages(chat: string, since: number): Promise<readonly unknown[]>;
  /** The phone's name of a chat that is named by a hidden id; null when there is none. */
  phoneOf(chat: string): Promise<string | null>;
}

/**
 * The way of people's messages to the parent: in batches, the next one only when the last is durable. While a catch-up reads the
 * chats, what comes live waits behind it, so that nobody's messages change their order.
 */
export function createInbox({
  page,
  give,
  onBehind,
}: {
  page: InboxPage;
  /** Resolves when the batch is durable. */
  give: (messages: readonly RawMessage[]) => Promise<void>;
  /** Something was left out while no catch-up was under way: one is needed. */
  onBehind: () => void;
}) {
  const stored = new Set<string>();
  const lastingNames = new Map<string, string>();
  let waiting: { readonly model: unknown; readonly editedAt?: number }[] = [];
  /** Nothing goes before the first catch-up. */
  let isHeld = true;
  let hasOverflowed = false;
  let giving: Promise<void> = Promise.resolve();

  /** Both names of one chat are one: the phone's where it is known. */
  async function nameOf(chat: string): Promise<string> {
    const known = lastingNames.get(chat);
    if (known !== undefined) return known;
    const name = chat.endsWith('@lid') ? ((await page.phoneOf(chat)) ?? chat) : chat;
    if (lastingNames.size >= mostStored) lastingNames.clear();
    lastingNames.set(chat, name);
    return name;
  }

  async function giveAll(models: readonly { readonly model: unknown; readonly editedAt?: number }[]): Promise<void> {
    const messages: RawMessage[] = [];
    const here = new Set<string>();
    for (const { model, editedAt } of models) {
      const message = readPageMessage(model);
      if (!message) continue;
      const key = message.id._serialized;
      if (editedAt === undefined && (stored.has(key) || here.has(key))) continue;
      here.add(key);
      messages.push(toRawMessage(message, await nameOf(message.id.remote), editedAt));
    }
    for (let at = 0; at < messages.length; at += batchLength) {
      const batch = messages.slice(at, at + batchLength);
      await give(batch);
      for (const message of batch) remember(message.key);
    }
  }

  function remember(key: string): void {
    stored.add(key);
    if (stored.size > mostStored) {
      const [oldest] = stored;
      if (oldest !== undefined) stored.delete(oldest);
    }
  }

  function flush(): void {
    giving = giving.then(async () => {
      if (isHeld || waiting.length === 0) return;
      const models = waiting;
      waiting = [];
      await giveAll(models);
      if (hasOverflowed && !isHeld) {
        hasOverflowed = false;
        onBehind();
      }
    });
  }

  return {
    /** Takes a message as it comes; `editedAt` (milliseconds since the epoch) for an edit. */
    take(model: unknown, editedAt?: number): void {
      if (waiting.length >= mostWaiting) {
        hasOverflowed = true;
        return;
      }
      waiting.push({ model, ...(editedAt !== undefined && { editedAt }) });
      flush();
    },

    /** Gives everything written since, chat by chat, then what came meanwhile. Says whether something was left out: read again. */
    async catchUp(since: number): Promise<'complete' | 'behind'> {
      isHeld = true;
      hasOverflowed = false;
      const read = giving.then(async () => {
        for (const chat of await page.chats(since)) {
          const models = await page.messages(chat, since);
          await giveAll(models.map((model) => ({ model })));
        }
      });
      giving = read.catch(() => {});
      // Chats that cannot be read are tried again by the parent; what comes live must not wait for that.
      await read.finally(() => {
        isHeld = false;
        flush();
      });
      const isBehind = hasOverflowed;
      hasOverflowed = false;
      await giving;
      return isBehind ? 'behind' : 'complete';
    },
  };
}
