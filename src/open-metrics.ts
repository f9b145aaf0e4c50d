import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AccountName } from './ports/accounts.ts';
import type { ChannelStatus } from './ports/channel.ts';
import type { Clock } from './ports/clock.ts';
import type { Meter } from './ports/meter.ts';
import type { MessageRepository } from './ports/message-repositories.ts';
import type { ChannelStatuses } from './runtime/channel-statuses.ts';
import type { AccountSet } from './runtime/open-accounts.ts';

const states: readonly ChannelStatus['is'][] = ['unpaired', 'pairing', 'ready', 'degraded', 'logged-out', 'banned'];
const accountLabels = ['channel', 'account'] as const;
const statedLabels = [...accountLabels, 'state'] as const;

/** Puts what this process counts, and what the store says when it is asked, into a registry. */
export function openMetrics(dependencies: {
  registry: Registry;
  accounts: Pick<AccountSet, 'known'>;
  statuses: Pick<ChannelStatuses, 'read'>;
  messages: Pick<MessageRepository, 'strandedLanes' | 'lane'>;
  /** As the runtime has it. */
  lanesWaiting: () => number;
  clock: Clock;
}): Meter {
  const { registry, accounts, statuses, messages, lanesWaiting, clock } = dependencies;
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (what: string, help: string) =>
    new Counter({ name: `wasl_messages_${what}_total`, help, labelNames: accountLabels, registers });
  const received = counter('received', 'Messages of people, each once.');
  const sent = counter('sent', 'Messages a platform has taken.');
  const failed = counter('failed', 'Messages that were given up, or that a platform could not deliver.');
  const held = counter('held', 'Messages that began to wait outside the lane (WhatsApp: for the person to write).');
  const sendSeconds = new Histogram({
    name: 'wasl_send_duration_seconds',
    help: 'Sends that a platform has taken, from the call to its answer.',
    labelNames: accountLabels,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const turnSeconds = new Histogram({
    name: 'wasl_turn_duration_seconds',
    help: 'Turns of conversations: load, decide, commit and follow up.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const parked = new Counter({
    name: 'wasl_events_parked_total',
    help: 'Events set aside after their tries; the person was offered an officer.',
    registers,
  });

  new Gauge({
    name: 'wasl_deliveries_waiting_for_pace',
    help: 'Conversations whose next message waits for the sending limits of its account, as this process knows.',
    registers,
    collect() {
      this.set(lanesWaiting());
    },
  });
  new Gauge({
    name: 'wasl_unsent_age_seconds',
    help: 'How long the unsent message that is due first has waited; 0 when all is sent. The same in every process.',
    registers,
    async collect() {
      const age = await unsentAgeMs().catch(() => NaN);
      this.set(age / 1_000);
    },
  });
  new Gauge({
    name: 'wasl_channel_session_state',
    help: 'Linked phones: 1 for the state of the session, 0 for the others. The same in every process.',
    labelNames: statedLabels,
    registers,
    async collect() {
      this.reset();
      for (const one of accounts.known()) {
        if (!one.adapter.phone) continue;
        const status = await statuses.read(one).catch(() => null);
        const now = status?.is ?? 'unpaired';
        for (const state of states) this.set({ ...labelsOf(one), state }, state === now ? 1 : 0);
      }
    },
  });

  async function unsentAgeMs(): Promise<number> {
    const {
      lanes: [id],
    } = await messages.strandedLanes(Number.MAX_SAFE_INTEGER, { of: 'anybody', limit: 1 });
    const [head] = id === undefined ? [] : await messages.lane(id, 1);
    return head ? Math.max(0, clock.now() - head.at) : 0;
  }

  return {
    received: (account) => received.inc(labelsOf(account)),
    sent(account, tookMs) {
      sent.inc(labelsOf(account));
      sendSeconds.observe(labelsOf(account), tookMs / 1_000);
    },
    failed: (account) => failed.inc(labelsOf(account)),
    held: (account) => held.inc(labelsOf(account)),
    turned: (tookMs) => turnSeconds.observe(tookMs / 1_000),
    parked: () => parked.inc(),
  };
}

/** An address is an account's name, too, and must not become labels. */
function labelsOf({ channel, account }: AccountName): AccountName {
  return { channel, account };
}
