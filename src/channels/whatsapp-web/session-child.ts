import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chunkBytes, reportSchema, type Command, type Order, type Report, type SessionSettings } from './protocol.ts';
import { killBrowser } from './stale-browser.ts';

/** A session did not do what it was asked to; `reason` is a `CallFailure`'s, or `session-ended` when its process is gone. */
export class SessionCallError extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`the WhatsApp Web session failed: ${reason}`);
    this.name = 'SessionCallError';
    this.reason = reason;
  }
}

/** What a session's process tells without being asked. */
export type Told = Exclude<Report, { is: 'browser' | 'done' | 'failed' | 'chunk' | 'next-chunk' }>;

/** The parent's side of one session process. */
export interface SessionChild {
  tell(command: Exclude<Command, { id: number }>): void;
  /** Resolves with the id of the message. @throws SessionCallError */
  send(order: Order, openFile: () => Promise<AsyncIterable<Uint8Array> | null>): Promise<string>;
  /** @throws SessionCallError */
  requestPairingCode(phone: string): Promise<string>;
  /** @throws SessionCallError */
  catchUp(since: number): Promise<'complete' | 'behind'>;
  /** @throws SessionCallError, also while the bytes are read. */
  openFile(key: string, maxBytes: number): Promise<AsyncIterable<Uint8Array>>;
  kill(): void;
  readonly isGone: () => boolean;
}

type Call = { readonly resolve: (value: string | null) => void; readonly reject: (error: Error) => void };

/** Starts a session's process. `onExit` comes once, after everything that was under way has been refused and its browser is gone. */
export function startSessionChild(options: {
  settings: SessionSettings;
  profileDir: string;
  onReport: (report: Told) => void;
  onExit: () => void;
}): SessionChild {
  const { settings, profileDir, onReport, onExit } = options;
  const child = startProcess();
  const calls = new Map<number, Call>();
  const chunks = new Map<
    number,
    { readonly resolve: (bytes: Uint8Array | null) => void; reject(error: Error): void }
  >();
  const outgoing = new Map<number, AsyncIterator<Uint8Array>>();
  let lastId = 0;
  let browserPid: number | null = null;
  let isGone = false;

  function say(command: Command): void {
    // A child that is going away takes nothing more; its exit refuses what waits.
    if (child.connected) child.send(command, () => {});
  }

  function call(make: (id: number) => Command): { id: number; answer: Promise<string | null> } {
    const id = (lastId += 1);
    const answer = new Promise<string | null>((resolve, reject) => {
      if (isGone) return reject(new SessionCallError('session-ended'));
      calls.set(id, { resolve, reject });
      say(make(id));
    }).finally(() => calls.delete(id));
    return { id, answer };
  }

  async function giveChunk(id: number): Promise<void> {
    const iterator = outgoing.get(id);
    if (!iterator) return;
    try {
      const piece = await iterator.next();
      say({ is: 'chunk', id, bytes: piece.done ? null : piece.value });
    } catch {
      say({ is: 'no-file', id, reason: 'unreadable' });
    }
  }

  function hear(report: Report): void {
    switch (report.is) {
      case 'browser':
        browserPid = report.pid;
        return;
      case 'done':
        calls.get(report.id)?.resolve(report.value);
        return;
      case 'failed':
        calls.get(report.id)?.reject(new SessionCallError(report.reason));
        return;
      case 'chunk':
        chunks.get(report.id)?.resolve(report.bytes);
        return;
      case 'next-chunk':
        void giveChunk(report.id);
        return;
      default:
        onReport(report);
    }
  }

  async function goAway(): Promise<void> {
    if (isGone) return;
    isGone = true;
    for (const waiting of [...calls.values(), ...chunks.values()])
      waiting.reject(new SessionCallError('session-ended'));
    if (browserPid !== null) await killBrowser(browserPid, profileDir);
    onExit();
  }

  child.on('message', (message) => {
    const report = reportSchema.safeParse(message);
    // What cannot be read comes from a broken process.
    if (report.success) hear(report.data);
    else onReport({ is: 'fault', reason: 'unreadable-report' });
  });
  child.on('exit', () => void goAway());
  child.on('error', () => void goAway());
  say({ is: 'open', settings });

  async function* readChunks(id: number): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = await new Promise<Uint8Array | null>((resolve, reject) => {
          if (isGone) return reject(new SessionCallError('session-ended'));
          chunks.set(id, { resolve, reject });
          say({ is: 'next-chunk', id });
        }).finally(() => chunks.delete(id));
        if (bytes === null) return;
        yield bytes;
      }
    } finally {
      say({ is: 'drop-file', id });
    }
  }

  return {
    tell: say,
    async send(order, openFile) {
      const bytes = order.is === 'file' ? await openFile() : null;
      if (order.is === 'file' && bytes === null) throw new SessionCallError('file-gone');
      const { id, answer } = call((id) => {
        if (bytes) outgoing.set(id, inChunks(bytes));
        return { is: 'send', id, order };
      });
      try {
        return (await answer) ?? '';
      } finally {
        const iterator = outgoing.get(id);
        outgoing.delete(id);
        void iterator?.return?.().catch(() => {});
      }
    },
    requestPairingCode: async (phone) => (await call((id) => ({ is: 'pairing-code', id, phone })).answer) ?? '',
    catchUp: async (since) =>
      (await call((id) => ({ is: 'catch-up', id, since })).answer) === 'complete' ? 'complete' : 'behind',
    async openFile(key, maxBytes) {
      const { id, answer } = call((id) => ({ is: 'open-file', id, key, maxBytes }));
      await answer;
      return readChunks(id);
    },
    kill: () => void child.kill('SIGKILL'),
    isGone: () => isGone,
  };
}

/** Pieces of what the protocol allows, however large the source's are. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; at += chunkBytes) yield piece.subarray(at, at + chunkBytes);
  }
}

/** Beside the built file lies the built process; in the source tree Node reads TypeScript by means of tsx. */
function startProcess() {
  const built = ['./channels/whatsapp-web/session-process.js', './session-process.js']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
  const file = built ?? fileURLToPath(new URL('./session-process.ts', import.meta.url));
  const tsx = built ? [] : ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
  return fork(file, {
    execArgv: ['--enable-source-maps', ...tsx],
    serialization: 'advanced',
    // Chromium talks of itself on its standard error; nobody reads it.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
