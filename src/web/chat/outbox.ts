import { request, RequestFailed } from './api.ts';
import type { SentContent } from './chat-line.ts';
import type { Session } from './session.ts';
import type { Storage } from './storage.ts';

const messageLimitMs = 20_000;
const fileLimitMs = 180_000;
const longestPauseMs = 30_000;

/** Something the person sent that the server has not taken yet. */
export interface Pending {
  /** The same at every try, so that the server takes it once. */
  readonly id: string;
  readonly language: string;
  readonly content: SentContent | { readonly type: 'file'; readonly file: File };
  state: 'waiting' | 'sending' | 'delayed' | 'too-fast' | 'refused' | 'file-refused' | 'file-too-large';
}

export interface OutboxHandlers {
  onChange(pending: Pending): void;
  /** The server has it: it is (or will be) the transcript's line of this id. */
  onSent(pending: Pending, lineId: string): void;
  onRefusedToken(): void;
}

export interface Outbox {
  add(pending: Omit<Pending, 'state'>): void;
  /** Tries now instead of after the pause. */
  hurry(): void;
  all(): readonly Pending[];
  clear(): void;
}

/**
 * Sends one message after the other, so that they arrive in the order they were written, and tries until each is taken or refused
 * for good. What waits survives a reload of the page (files do not).
 */
export function createOutbox(session: Session, storage: Storage, handlers: OutboxHandlers): Outbox {
  let list: Pending[] = restore(storage);
  let isRunning = false;
  let failures = 0;
  let wakeUp: (() => void) | null = null;

  function setState(pending: Pending, state: Pending['state']): void {
    pending.state = state;
    handlers.onChange(pending);
  }

  function remove(pending: Pending): void {
    list = list.filter((each) => each !== pending);
    keep(storage, list);
  }

  const next = () => list.find((each) => !isOver(each));

  async function drain(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    for (let head = next(); head; head = next()) {
      setState(head, 'sending');
      try {
        const lineId = await send(head, await session.token());
        failures = 0;
        if (!list.includes(head)) continue;
        remove(head);
        handlers.onSent(head, lineId);
      } catch (error) {
        await settle(head, error instanceof RequestFailed ? error : new RequestFailed(0));
      }
    }
    isRunning = false;
  }

  async function settle(head: Pending, failure: RequestFailed): Promise<void> {
    if (!list.includes(head)) return;
    if (failure.status === 401) handlers.onRefusedToken();
    if (failure.isPassing || failure.status === 401) {
      failures += 1;
      setState(head, failure.status === 429 ? 'too-fast' : 'delayed');
      const pauseMs = failure.retryAfterMs ?? Math.min(1_000 * 2 ** (failures - 1), longestPauseMs);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wakeUp = null;
      return;
    }
    const isFile = head.content.type === 'file';
    setState(head, isFile ? (failure.status === 413 ? 'file-too-large' : 'file-refused') : 'refused');
    keep(storage, list);
  }

  return {
    add(pending) {
      const added: Pending = { ...pending, state: 'waiting' };
      list.push(added);
      keep(storage, list);
      handlers.onChange(added);
      void drain();
    },
    hurry() {
      wakeUp?.();
      void drain();
    },
    all: () => list,
    clear() {
      list = [];
      keep(storage, list);
      wakeUp?.();
    },
  };
}

/** Whether nothing more will be tried. */
export function isOver({ state }: Pending): boolean {
  return state === 'refused' || state === 'file-refused' || state === 'file-too-large';
}

async function send({ id, language, content }: Pending, token: string): Promise<string> {
  const authorization = `Bearer ${token}`;
  const response =
    content.type === 'file'
      ? await request(
          'files',
          { method: 'POST', headers: { authorization }, body: toForm(id, language, content.file) },
          fileLimitMs,
        )
      : await request(
          'messages',
          {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json' },
            body: JSON.stringify({ id, language, content }),
          },
          messageLimitMs,
        );
  const { lineId } = (await response.json()) as { lineId: string }; // Our own server's answer.
  return lineId;
}

/** The fields stand before the file, as the server reads a form from its beginning. */
function toForm(id: string, language: string, file: File): FormData {
  const form = new FormData();
  form.append('id', id);
  form.append('language', language);
  form.append('file', file, file.name);
  return form;
}

function keep(storage: Storage, list: readonly Pending[]): void {
  const kept = list.filter((each) => each.content.type !== 'file' && !isOver(each));
  storage.set('pending', kept.length === 0 ? null : JSON.stringify(kept));
}

function restore(storage: Storage): Pending[] {
  try {
    const kept = JSON.parse(storage.get('pending') ?? '[]') as Pending[]; // Written by `keep` of this page.
    return kept.map((each) => ({ ...each, state: 'waiting' }));
  } catch {
    return [];
  }
}
