import type { Intake } from '../../ports/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { decodeMessage } from './decode.ts';
import type { RawMessage } from './protocol.ts';
import type { SessionChild } from './session-child.ts';
import type { SessionMemory } from './session-memory.ts';

/** How often every chat is read again while all is well: the library may miss a message without a word. */
const catchUpEveryMs = 600_000;
const retryCatchUpMs = 15_000;
/** What this machine's clock may differ from WhatsApp's. */
const clockMarginMs = 120_000;
const firstPauseMs = 250;
const longestPauseMs = 10_000;

/**
 * The way in. WhatsApp Web gives a message once, so a batch that cannot be stored is tried until it can, the session waiting;
 * and what came while nothing listened is found by reading every chat since the last time this was done.
 */
export function createReceiver(dependencies: {
  account: string;
  intake: Intake;
  memory: SessionMemory;
  clock: Clock;
  log: Log;
}) {
  const { account, intake, memory, clock, log } = dependencies;
  let cancelNext = () => {};
  let isReading = false;

  async function store(messages: readonly RawMessage[], child: SessionChild): Promise<void> {
    const decoded = messages.flatMap((raw) => decodeMessage(raw, account) ?? []);
    for (let failures = 0; !child.isGone(); failures += 1) {
      try {
        if (decoded.length > 0) await intake.accept(decoded);
        child.tell({ is: 'stored' });
        return;
      } catch (error) {
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10));
        log.warn({ channel: 'whatsapp-web', account, error, pauseMs }, 'messages could not be stored; trying again');
        await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      }
    }
  }

  /** Reads every chat since what is surely stored, now and again every few minutes for as long as this process of the session lives. */
  async function catchUp(child: SessionChild): Promise<void> {
    cancelNext();
    if (isReading || child.isGone()) return;
    isReading = true;
    const startedAt = clock.now();
    let againMs = catchUpEveryMs;
    try {
      const { storedUntil } = memory.known();
      // The first link of this number: what was written before was not written to the assistant.
      const since = storedUntil === null ? startedAt : storedUntil - clockMarginMs;
      const outcome = await child.catchUp(Math.floor(since / 1000));
      if (outcome === 'behind') againMs = 1;
      else await memory.caughtUp(startedAt);
      log.debug({ channel: 'whatsapp-web', account, ms: clock.now() - startedAt }, 'every chat was read');
    } catch (error) {
      againMs = retryCatchUpMs;
      if (!child.isGone())
        log.warn({ channel: 'whatsapp-web', account, error }, 'chats could not be read; trying again');
    } finally {
      isReading = false;
    }
    if (!child.isGone()) cancelNext = clock.after(againMs, () => void catchUp(child));
  }

  return { store, catchUp, stop: () => cancelNext() };
}
