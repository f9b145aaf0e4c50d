import type { Organisation } from '../domain/organisation.ts';
import { toId, type ConversationId } from '../domain/ids.ts';
import type { Address, OutboundContent } from '../domain/message.ts';
import type { EngineContext } from '../flow/context.ts';
import type { Program } from '../flow/program.ts';
import type { Translate } from '../i18n/translate.ts';
import type { OpenAccounts } from '../ports/accounts.ts';
import type { Capabilities, Intake } from '../ports/channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { silentMeter, type Meter } from '../ports/meter.ts';
import type { Broadcast, Budget, Queue } from '../ports/queue.ts';
import type { Repositories } from '../ports/repositories.ts';
import { createArrivalOrder } from './arrival-order.ts';
import { createChannelSessions } from './channel-sessions.ts';
import type { Situation } from './decision.ts';
import { createDelivery } from './delivery.ts';
import { createFileRetention } from './file-retention.ts';
import { createHandoff, type Handoff } from './handoff.ts';
import { createIntake, type Door } from './intake.ts';
import { createLinking } from './linking.ts';
import { createMailbox } from './mailbox.ts';
import { createMediaFetcher, type ScreenMedia } from './media.ts';
import { officeAt } from './office-hours.ts';
import { createSlowEffects, type FlowCall } from './slow-effects.ts';
import { createReceipts, type Receipts } from './receipts.ts';
import { createSweep } from './sweep.ts';
import { createWindow } from './window.ts';

/** How old the number of people in the queue may be when the engine sees it. */
const queueLengthAgeMs = 5_000;
const conversationsAtOnce = 64;
const lanesAtOnce = 128;
/** How long a stop lets sends end before it ends the sessions they need. */
const lastSendsMs = 3_000;

export interface RuntimeDependencies {
  readonly repositories: Repositories;
  readonly queue: Queue;
  readonly broadcast: Broadcast;
  /** Nothing is counted when absent. */
  readonly meter?: Meter;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique to this start of this process. */
  readonly processName: string;
  /** No other process can work on this store: claims of earlier starts are void at once. */
  readonly isSoleWorker: boolean;
  readonly accounts: OpenAccounts;
  readonly split: (content: OutboundContent, capabilities: Capabilities) => readonly OutboundContent[];
  readonly screenMedia: ScreenMedia;
  /** How long files are kept; null keeps them for ever. */
  readonly keepFilesMs: number | null;
  readonly call: FlowCall;
  /** What admins published last; read at every commit. */
  readonly program: () => Program;
  readonly translate: Translate;
  readonly organisation: () => Organisation;
  readonly languages: readonly string[];
  readonly defaultLanguage: string;
  readonly timeZone: string;
  readonly hooks: Situation['hooks'];
}

/** The way of a message, put together: what web processes need (`intake`, `handoff`) and what workers run (`startWorker`). */
export interface Runtime {
  readonly intake: Intake;
  readonly door: Door;
  readonly handoff: Handoff;
  readonly receipts: Pick<Receipts, 'accept'>;
  /** Conversations whose next message waits for the sending limits of its account, as this process knows. */
  lanesWaiting(): number;
  /** Steps, delivers, sweeps and holds channel sessions. */
  startWorker(): Promise<void>;
  /** Takes nothing new, finishes what is under way, gives leases back. */
  close(): Promise<void>;
}

export function createRuntime(dependencies: RuntimeDependencies): Runtime {
  const { repositories, accounts, queue, meter = silentMeter, clock, log, processName: holder } = dependencies;
  const nextOrder = createArrivalOrder({ clock, processName: holder });
  const door = createIntake({ events: repositories.events, ids: repositories.ids, queue, nextOrder, meter, log });

  const capabilitiesOf = ({ channel }: Address) => accounts.capabilitiesOf(channel);
  const isAlive = (claimHolder: string) => claimHolder === holder || !dependencies.isSoleWorker;
  const window = createWindow({ repositories, capabilitiesOf, queue, meter, clock, log });
  const receipts = createReceipts({ repositories, window, broadcast: dependencies.broadcast, meter, clock, log });
  const delivery = createDelivery({
    ...{ repositories, accounts, queue, budget: dependencies.budget, window, meter, clock, log, holder, isAlive },
    broadcast: dependencies.broadcast,
    concurrency: lanesAtOnce,
  });
  const linking = createLinking({ repositories, door, clock });
  const slowEffects = createSlowEffects({ repositories, door, linking, call: dependencies.call, log });
  const media = createMediaFetcher({ repositories, door, accounts, screening: dependencies.screenMedia, clock, log });
  const mailbox = createMailbox({
    ...{ repositories, door, queue, broadcast: dependencies.broadcast, meter, clock, log, holder, slowEffects },
    situation: createSituation(dependencies),
    languageFor: (language) => chooseLanguage(language, dependencies),
    split: (address, content) => {
      const capabilities = capabilitiesOf(address);
      return capabilities ? dependencies.split(content, capabilities) : [content];
    },
    reopen: window.reopen,
    isPaced: delivery.isPaced,
    deliver: delivery.deliver,
  });
  const fileRetention = createFileRetention({ repositories, keepMs: dependencies.keepFilesMs, clock, log });
  const sweep = createSweep({ repositories, queue, delivery, media, fileRetention, receipts, door, clock, log });
  const sessions = createChannelSessions({
    ...{ accounts, leases: repositories.leases, intake: door, clock, log, holder },
    isSoleWorker: dependencies.isSoleWorker,
  });
  let isWorking = false;

  return {
    intake: door,
    door,
    handoff: createHandoff({ repositories, door, clock }),
    receipts,
    lanesWaiting: delivery.lanesWaiting,
    async startWorker() {
      isWorking = true;
      await queue.listen('mailbox', (bell) => mailbox.drain(toId(bell.key), bell.fresh === true), {
        concurrency: conversationsAtOnce,
      });
      await queue.listen('delivery', async (bell) => delivery.lookAt(toId(bell.key)), { concurrency: lanesAtOnce });
      await queue.listen('timer', (bell) => fireTimer(bell.key), { concurrency: conversationsAtOnce });
      await sweep.start();
      sessions.start();
    },
    async close() {
      mailbox.close();
      const lastSends = delivery.close();
      // A send whose session ends under it would have to be repeated.
      await Promise.race([lastSends, new Promise<void>((resolve) => clock.after(lastSendsMs, resolve))]);
      if (isWorking) await sessions.close();
      await sweep.close();
      await queue.close();
      await Promise.all([lastSends, media.close(), slowEffects.close()]);
    },
  };

  async function fireTimer(key: string): Promise<void> {
    const [conversationId = '', name = ''] = key.split('|');
    const timer = await repositories.timers.get(toId<'conversation'>(conversationId) satisfies ConversationId, name);
    if (timer && timer.dueAt <= clock.now()) await sweep.fire(timer);
  }
}

/** Reads what is true now, the length of the queue at most every few seconds. */
function createSituation(dependencies: RuntimeDependencies): () => Promise<Omit<Situation, 'deliveries' | 'isLinked'>> {
  const { repositories, clock, timeZone, hooks } = dependencies;
  let queueLength = 0;
  let countedAt = -Infinity;
  let office = { isOpen: false, opensAt: null as number | null, minute: -1, organisation: null as Organisation | null };
  return async () => {
    const at = clock.now();
    if (at - countedAt > queueLengthAgeMs) {
      countedAt = at;
      queueLength = await repositories.conversations.countQueued();
    }
    const minute = Math.floor(at / 60_000);
    const organisation = dependencies.organisation();
    if (office.minute !== minute || office.organisation !== organisation) {
      office = { ...officeAt(organisation, at, timeZone), minute, organisation };
    }
    const { isOpen, opensAt } = office;
    const context: Omit<EngineContext, 'consent' | 'personName'> = {
      isOpen,
      opensAt: opensAt === null ? null : new Date(opensAt).toISOString(),
      queueLength,
      timeZone,
    };
    return { at, program: dependencies.program(), translate: dependencies.translate, context, hooks };
  };
}

/** A platform's language tag, when the assistant speaks it; the installation's default otherwise. */
function chooseLanguage(
  tag: string | undefined,
  { languages, defaultLanguage }: Pick<RuntimeDependencies, 'languages' | 'defaultLanguage'>,
): string {
  const primary = tag?.split('-')[0]?.toLowerCase();
  return primary && languages.includes(primary) ? primary : defaultLanguage;
}
