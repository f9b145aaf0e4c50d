import type WhatsApp from 'whatsapp-web.js';

type Page = NonNullable<WhatsApp.Client['pupPage']>;

/** Chats read in one catch-up, and messages of each, at most. */
const mostChats = 5_000;
const mostMessages = 500;

/** What the page says of itself; null and false while it has not loaded. */
export interface PagePulse {
  readonly state: string | null;
  readonly hasSynced: boolean;
}

// What is given to `evaluate` runs in the page: it may use nothing from here, and no named inner function (some builds add a helper to those).

/** The part of WhatsApp Web's own module registry that is used here besides the library (its names as of whatsapp-web.js 1.34.7). */
interface PageWindow {
  require?: (name: string) => unknown;
  onAppStateHasSyncedEvent?: () => Promise<void>;
  WWebJS: { getMessageModel(message: unknown): unknown };
}

interface PageChat {
  readonly id: { readonly _serialized: string };
  readonly t?: number;
  readonly msgs: { getModelsArray(): PageMessageModel[] };
}

interface PageMessageModel {
  readonly t?: number;
  readonly id: { readonly fromMe?: boolean };
}

export function readPulse(page: Page): Promise<PagePulse> {
  return page.evaluate(() => {
    const registry = (window as unknown as PageWindow).require;
    if (typeof registry !== 'function') return { state: null, hasSynced: false };
    try {
      const { Socket } = registry('WAWebSocketModel') as { Socket: { state?: string; hasSynced?: boolean } };
      return { state: Socket.state ?? null, hasSynced: Socket.hasSynced === true };
    } catch {
      return { state: null, hasSynced: false };
    }
  });
}

/** Calls what the page would have called, had it synchronised after the library came: 'ready' follows. */
export function nudge(page: Page): Promise<void> {
  return page.evaluate(() => (window as unknown as PageWindow).onAppStateHasSyncedEvent?.());
}

/** The chats in which something was written since, the quietest first, so that who waits longest is read first. */
export function readChats(page: Page, since: number): Promise<string[]> {
  return page.evaluate(
    (from, most) => {
      const registry = (window as unknown as PageWindow).require;
      const { Chat } = registry?.('WAWebCollections') as { Chat: { getModelsArray(): PageChat[] } };
      return Chat.getModelsArray()
        .filter((chat) => (chat.t ?? 0) >= from)
        .sort((left, right) => (left.t ?? 0) - (right.t ?? 0))
        .slice(-most)
        .map((chat) => chat.id._serialized);
    },
    since,
    mostChats,
  );
}

/** The messages others wrote in a chat since, oldest first; loads earlier ones until all are there. */
export function readMessages(page: Page, chatId: string, since: number): Promise<unknown[]> {
  return page.evaluate(
    async (id, from, most) => {
      const { require: registry, WWebJS } = window as unknown as PageWindow;
      const { Chat } = registry?.('WAWebCollections') as { Chat: { get(id: string): PageChat | undefined } };
      const chat = Chat.get(id);
      if (!chat) return [];
      const { loadEarlierMsgs } = registry?.('WAWebChatLoadMessages') as {
        loadEarlierMsgs(options: { chat: PageChat }): Promise<PageMessageModel[] | undefined>;
      };
      // Many share one second, so the order they were loaded in counts: earlier ones go before.
      let loaded = chat.msgs.getModelsArray();
      for (;;) {
        const oldest = Math.min(...loaded.map((message) => message.t ?? Infinity));
        if (oldest < from || loaded.length >= most) break;
        const earlier = await loadEarlierMsgs({ chat });
        if (!earlier || earlier.length === 0) break;
        loaded = [...earlier, ...loaded];
      }
      return loaded
        .filter((message) => !message.id.fromMe && (message.t ?? 0) >= from)
        .sort((left, right) => (left.t ?? 0) - (right.t ?? 0))
        .map((message) => WWebJS.getMessageModel(message));
    },
    chatId,
    since,
    mostMessages,
  );
}
