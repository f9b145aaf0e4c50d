import { createApp, type App } from '../../src/http/app.ts';
import { officerRoutes } from '../../src/http/routes/officers.ts';
import { defaultMediaRules } from '../../src/channels/shared/check-media.ts';
import { createScreenMedia } from '../../src/channels/shared/screen-media.ts';
import { splitContent } from '../../src/channels/shared/split-content.ts';
import { sniffed } from '../../src/channels/shared/sniffed.ts';
import { toId, type ConversationId } from '../../src/domain/ids.ts';
import type { OutboundMessage, TranscriptLine } from '../../src/domain/conversation.ts';
import type { OutboundContent } from '../../src/domain/message.ts';
import type { Program } from '../../src/flow/program.ts';
import type { ChannelAdapter } from '../../src/ports/channel.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Broadcast } from '../../src/ports/queue.ts';
import type { Repositories } from '../../src/ports/repositories.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createInProcessBudget } from '../../src/queue/in-process/budget.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createCrashingStore, type DeathAt } from './crashing-store.ts';
import { inChunks } from './recorders.ts';
import { createMovableClock, createWorld, openTemporaryStore, silentLog } from './world.ts';

/** What a channel may build itself from when a process starts. */
export interface ProcessParts {
  readonly repositories: Repositories;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** A folder of the installation. */
  readonly folder: string;
}

/** How a channel takes part in a process: its adapter and the routes that serve it. */
export interface ChannelParts<Adapter extends ChannelAdapter = ChannelAdapter> {
  readonly adapter: Adapter;
  routes?(runtime: Runtime): readonly ((app: App) => void)[];
  /** What outlives the process for a moment when it is killed; by default it is left to end by itself. */
  kill?(): Promise<void>;
}

/** One process of the installation. */
export interface Running {
  readonly runtime: Runtime;
  readonly repositories: Repositories;
  readonly adapter: ChannelAdapter;
  /** Where it serves HTTP. */
  readonly url: string;
  /** Resolves when it died where it was told to. */
  readonly died: Promise<void>;
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>;
  /** Ends it as SIGKILL does: nothing of it is written any more, and nobody is told anything. */
  kill(): Promise<void>;
}

const officerToken = 'a'.repeat(48);
const officerId = toId<'officer'>('huda');
const hour = 3_600_000;

/**
 * A whole installation with one channel: the real runtime over a real SQLite store, served over real HTTP, one process after the
 * other. Its budget outlives the processes, as Redis does, and is full.
 */
export async function openInstallation(options: {
  readonly channel: (parts: ProcessParts) => ChannelParts;
  readonly program: Program;
}) {
  const { store, folder, remove } = await openTemporaryStore();
  const clock = createMovableClock();
  const budget = createInProcessBudget({ clock });
  // Buckets fill from the moment they are made.
  clock.advance(hour);
  let requests = 0;
  let running: Running | null = null;

  async function start(death?: DeathAt): Promise<Running> {
    const crashing = createCrashingStore(store, death ?? Infinity);
    const broadcast = createInProcessBroadcast();
    let parts: ChannelParts | null = null;
    const { runtime, repositories } = await createWorld({
      ...{ store: crashing.store, clock, broadcast, budget, program: options.program },
      screenMedia: createScreenMedia(defaultMediaRules),
      split: splitContent,
      adapters: (made) => {
        parts = options.channel({ repositories: made, broadcast, clock, folder });
        return [parts.adapter];
      },
    });
    // The compiler does not see that the function above was called.
    const { adapter, routes, kill } = parts as unknown as ChannelParts;
    const openFile = async (id: string) => {
      const bytes = await repositories.files.open(id);
      return bytes && (await sniffed(bytes));
    };
    const app = await createApp({
      log: silentLog,
      routes: [
        officerRoutes({ handoff: runtime.handoff, repositories, openFile, clock, token: officerToken }),
        ...(routes?.(runtime) ?? []),
      ],
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await runtime.startWorker();
    const process: Running = {
      ...{ runtime, repositories, adapter, url, died: crashing.died },
      async stop() {
        await app.close();
        await runtime.close();
        await adapter.stop?.();
      },
      async kill() {
        crashing.kill();
        app.server.close();
        app.server.closeAllConnections();
        // Not waited for: it may wait for the store, which is dead to it.
        if (kill) await kill();
        else void adapter.stop?.();
      },
    };
    running = process;
    return process;
  }

  function current(): Running {
    if (!running) throw new Error('no process runs');
    return running;
  }

  /** An officer's act, decided when it resolves. */
  async function act(
    id: ConversationId,
    what: { type: 'officer-replied'; content: OutboundContent } | { type: 'officer-claimed'; officerName: string },
  ): Promise<void> {
    requests += 1;
    const outcome = await current().runtime.handoff.act(id, { ...what, officerId }, `request-${requests}`);
    if (outcome?.is !== 'accepted') throw new Error(`the officer's act was not accepted: ${JSON.stringify(outcome)}`);
  }

  return {
    clock,
    start,
    current,
    claim: (id: ConversationId) => act(id, { type: 'officer-claimed', officerName: 'Huda' }),
    reply: (id: ConversationId, content: OutboundContent) => act(id, { type: 'officer-replied', content }),
    /** Oldest first. */
    async transcript(id: ConversationId): Promise<(TranscriptLine | OutboundMessage)[]> {
      return (await current().repositories.messages.page(id, { limit: 100 })).reverse();
    },
    /** A file of a transcript as an officer's browser gets it. */
    readFile: (id: ConversationId, line: TranscriptLine) =>
      fetch(`${current().url}/api/conversations/${id}/messages/${line.id}/file`, {
        headers: { authorization: `Bearer ${officerToken}`, 'x-officer-id': officerId },
      }),
    /** Keeps bytes that an officer may send. */
    async keepFile(id: ConversationId, bytes: Uint8Array) {
      requests += 1;
      const blobId = toId<'blob'>(`blob-${requests}`);
      await current().repositories.files.put(id, blobId, inChunks(bytes));
      return blobId;
    },
    async close() {
      await running?.stop();
      await store.close();
      await remove();
    },
  };
}

export type Installation = Awaited<ReturnType<typeof openInstallation>>;
