import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type WhatsApp from 'whatsapp-web.js';
import { commandSchema, type Command, type RawMessage, type Report } from './protocol.ts';
import { CallFailure } from './session/call-failure.ts';
import { createFetchedFiles, createOpenFiles } from './session/files.ts';
import { createInbox } from './session/inbox.ts';
import { createClient } from './session/open-client.ts';
import { isPersonsChat } from './session/page-message.ts';
import { nudge, readChats, readMessages, readPulse } from './session/read-page.ts';
import { sendOrder, showTyping } from './session/send-order.ts';

/*
 * The process of one session. The library dies of faults that nothing can catch in place (a page that goes away under its own
 * handlers), so it has a process to itself: whatever it does not expect ends this one, and the parent begins anew. It lives no
 * longer than its parent, and its browser no longer than it.
 */

const browserCloseMs = 5_000;

let browserPid: number | null = null;
let session: ReturnType<typeof openSession> | null = null;
let isEnding = false;

function report(message: Report): void {
  if (message.is === 'browser') browserPid = message.pid;
  if (process.connected) process.send?.(message);
}

/** Nothing of the browser stays, also when it does not answer: its processes form one group (puppeteer starts it detached). */
process.on('exit', () => {
  if (browserPid === null) return;
  try {
    process.kill(-browserPid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
});

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  await Promise.race([session?.close(), pause(browserCloseMs)]).catch(() => {});
  process.exit(0);
}

function openSession(settings: Extract<Command, { is: 'open' }>['settings']) {
  const client = createClient(settings, report);
  const openFiles = createOpenFiles(client);
  const fetchedFiles = createFetchedFiles((id) => report({ is: 'next-chunk', id }));
  let stored: (() => void) | null = null;
  const inbox = createInbox({
    page: {
      chats: async (since) => (await readChats(pageOf(client), since)).filter(isPersonsChat),
      messages: (chat, since) => readMessages(pageOf(client), chat, since),
      phoneOf: (chat) => findPhone(client, chat),
    },
    onBehind: () => report({ is: 'behind' }),
    give: (messages: readonly RawMessage[]) =>
      new Promise((resolve) => {
        stored = resolve;
        report({ is: 'messages', messages: [...messages] });
      }),
  });
  client.on('message', (message) => inbox.take(message.rawData));
  client.on('message_edit', (message) => {
    // Other changes of a body (a message that was decrypted late) carry no time of an edit.
    const { latestEditSenderTimestampMs: editedAt } = message.rawData as { latestEditSenderTimestampMs?: unknown };
    if (typeof editedAt === 'number') inbox.take(message.rawData, editedAt);
  });

  void beat();
  client.initialize().catch(() => {
    // A refused login leaves the browser running; the library's own words are about its page, not about what to do.
    report({ is: 'fault', reason: 'not-opened' });
  });

  /** Asks the page for a sign of life, one question at a time; a page that hangs gives none, and the parent sees that. */
  async function beat(): Promise<void> {
    while (!isEnding) {
      await pause(settings.pulseMs);
      if (!client.pupPage) continue;
      // A page that navigates forgets the question.
      const pulse = await readPulse(client.pupPage).catch(() => null);
      if (pulse) report({ is: 'pulse', ...pulse, state: pulse.state?.slice(0, 100) ?? null });
    }
  }

  /** The answer to a call. */
  async function answer(command: Command & { id: number }): Promise<string | null> {
    switch (command.is) {
      case 'send': {
        const readFile = (maxBytes: number) => fetchedFiles.read(command.id, maxBytes);
        return await sendOrder(command.order, { client, readFile, typingMs: settings.typingMs });
      }
      case 'catch-up':
        return await inbox.catchUp(command.since);
      case 'open-file':
        await openFiles.open(command.id, command.key, command.maxBytes);
        return null;
      case 'pairing-code':
        return (await client.requestPairingCode(command.phone)).slice(0, 100);
      default:
        return null;
    }
  }

  function call(command: Command & { id: number }): void {
    answer(command).then(
      (value) => report({ is: 'done', id: command.id, value }),
      (error: unknown) => {
        const reason = error instanceof CallFailure ? error.reason : 'page-failed';
        report({ is: 'failed', id: command.id, reason });
      },
    );
  }

  return {
    obey(command: Command): void {
      switch (command.is) {
        case 'open':
        case 'close':
          return;
        case 'nudge':
          if (client.pupPage) void nudge(client.pupPage).catch(() => {});
          return;
        case 'type':
          void showTyping(client, command.chat);
          return;
        case 'stored':
          stored?.();
          stored = null;
          return;
        case 'next-chunk':
          report({ is: 'chunk', id: command.id, bytes: openFiles.next(command.id) });
          return;
        case 'drop-file':
          openFiles.drop(command.id);
          return;
        case 'chunk':
          fetchedFiles.take(command.id, command.bytes);
          return;
        case 'no-file':
          fetchedFiles.refuse(command.id);
          return;
        case 'send':
        case 'catch-up':
        case 'open-file':
        case 'pairing-code':
          call(command);
      }
    },
    /** Resolves when the browser has written what it must keep, also when the library began to close it first. */
    async close(): Promise<void> {
      const browser = client.pupBrowser?.process();
      await client.destroy();
      if (browser && browser.exitCode === null && browser.signalCode === null) await once(browser, 'exit');
    },
  };
}

/** @throws CallFailure before the browser is there. */
function pageOf(client: WhatsApp.Client): NonNullable<WhatsApp.Client['pupPage']> {
  if (!client.pupPage) throw new CallFailure('not-ready');
  return client.pupPage;
}

async function findPhone(client: WhatsApp.Client, chat: string): Promise<string | null> {
  const found = await client.getContactLidAndPhone([chat]).catch(() => []);
  const phone: unknown = found[0]?.pn;
  return typeof phone === 'string' && isPersonsChat(phone) ? phone : null;
}

process.on('message', (message) => {
  const command = commandSchema.parse(message);
  if (command.is === 'close') void end();
  else if (command.is === 'open') session ??= openSession(command.settings);
  else session?.obey(command);
});
// The parent is gone, however it went.
process.on('disconnect', () => void end());
// Ctrl-C reaches the whole group; the parent decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
for (const fault of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(fault, () => {
    report({ is: 'fault', reason: 'library-failed' });
    void end();
  });
}
