import { z } from 'zod';
import type { AccountName } from '../ports/accounts.ts';
import type { ChannelStatus } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { SettingsRepository } from '../ports/installation-repositories.ts';

const repeatMs = 5_000;
/** Nobody has told anything for as long as a session's lease lasts: whoever held it is gone. */
const believedMs = 15_000;
const noWorker = 'no-worker';

const since = z.number();
const noteSchema = z.object({
  at: z.number(),
  by: z.string(),
  status: z.discriminatedUnion('is', [
    z.object({ is: z.literal('pairing'), since, qr: z.string(), expiresAt: z.number(), code: z.string().optional() }),
    z.object({ is: z.literal('ready'), since, phone: z.string() }),
    z.object({ is: z.literal('degraded'), since, reason: z.string() }),
    z.object({ is: z.enum(['unpaired', 'logged-out', 'banned']), since }),
  ]),
});

/**
 * How the sessions that one process holds are, told to all: the holder notes it in the store at each change and every few
 * seconds, and any process reads it there. A QR code is in it for the minute it is good for.
 */
export function createChannelStatuses(dependencies: {
  settings: Pick<SettingsRepository, 'get' | 'set'>;
  /** Names this start of this process. */
  holder: string;
  /** No other process can hold a session: what an earlier start said is over. */
  isSoleWorker: boolean;
  clock: Clock;
  log: Log;
}) {
  const { settings, holder, isSoleWorker, clock, log } = dependencies;
  const told = new Map<string, { status: ChannelStatus; writing: Promise<void> }>();
  const endings = new Set<Promise<void>>();
  let cancel = () => {};

  function note(name: string, status: ChannelStatus): void {
    // One after the other, so that the last one stays.
    const before = told.get(name)?.writing ?? Promise.resolve();
    const writing = before
      .then(() => settings.set(name, { at: clock.now(), by: holder, status: { ...status } }))
      .catch((error: unknown) => log.debug({ error }, 'the state of a session could not be noted'));
    told.set(name, { status, writing });
  }

  /** Nobody holds the session now, unless somebody else has said so already. */
  async function endNote(name: string): Promise<void> {
    try {
      const last = noteSchema.safeParse(await settings.get(name));
      if (!last.success || last.data.by !== holder || told.has(name)) return;
      const at = clock.now();
      await settings.set(name, { at, by: holder, status: { is: 'degraded', since: at, reason: noWorker } });
    } catch (error) {
      log.debug({ error }, 'the end of a session could not be noted');
    }
  }

  function repeat(): void {
    cancel();
    cancel = clock.after(repeatMs, () => {
      for (const [name, { status }] of told) note(name, status);
      repeat();
    });
  }

  return {
    /** The holder of the account's session says how it is. */
    tell(account: AccountName, status: ChannelStatus): void {
      note(nameOf(account), status);
      repeat();
    },
    /** The account's session is held here no longer: others speak for it, and until they do nobody does. */
    forget(account: AccountName): void {
      const name = nameOf(account);
      const writing = told.get(name)?.writing;
      told.delete(name);
      if (!writing) return;
      const ending = writing.then(() => endNote(name)).finally(() => endings.delete(ending));
      endings.add(ending);
    },
    /** What its holder said last; degraded when there is none any more. Null when nobody ever held it. */
    async read(account: AccountName): Promise<ChannelStatus | null> {
      const note = noteSchema.safeParse(await settings.get(nameOf(account)));
      if (!note.success) return null;
      const { at, by, status } = note.data;
      const isOver = (isSoleWorker && by !== holder) || clock.now() - at > believedMs;
      if (isOver) return { is: 'degraded', since: at, reason: noWorker };
      if (status.is !== 'pairing') return status;
      const { code, ...pairing } = status;
      return { ...pairing, ...(code !== undefined && { code }) };
    },
    /** Says nothing more. Resolves when what was said is written. */
    async close(): Promise<void> {
      cancel();
      await Promise.all([...[...told.values()].map(({ writing }) => writing), ...endings]);
    },
  };
}

export type ChannelStatuses = ReturnType<typeof createChannelStatuses>;

function nameOf({ channel, account }: AccountName): string {
  return `channel-status/${channel}/${account}`;
}
