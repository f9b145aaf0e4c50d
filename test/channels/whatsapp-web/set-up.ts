import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createWhatsappWebAdapter,
  type WhatsappWebAdapter,
  type WhatsappWebOptions,
} from '../../../src/channels/whatsapp-web/adapter.ts';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import type { Json } from '../../../src/domain/effect.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { InboundMessage, OutboundContent } from '../../../src/domain/message.ts';
import type { ChannelStatus, Intake, Receipt } from '../../../src/ports/channel.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { pollUntil } from '../../support/poll-until.ts';
import { inChunks, RecordingLog } from '../../support/recorders.ts';
import { WhatsappStandIn } from '../../support/whatsapp-web/stand-in.ts';

/** A busy machine opens a browser slowly. */
export const slowMs = 40_000;

export const salma = '966500000001@c.us';
export const omar = '966500000002@c.us';

/** Keeps each message once, as the store does. */
class RecordingIntake implements Intake {
  readonly messages: InboundMessage[] = [];
  /** Also what was given again. */
  given = 0;
  refusals = 0;
  readonly #known = new Set<string>();

  async accept(messages: readonly InboundMessage[]): Promise<void> {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new StoreUnavailable('the store is away');
    }
    for (const message of messages) {
      this.given += 1;
      const key = [message.address.chat, message.platformMessageId, message.kind, message.editedAt].join('|');
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      this.messages.push(message);
    }
  }

  get texts(): string[] {
    return this.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  }
}

export interface World {
  readonly whatsapp: WhatsappStandIn;
  readonly adapter: WhatsappWebAdapter;
  readonly intake: RecordingIntake;
  readonly log: RecordingLog;
  readonly dataDir: string;
  readonly statuses: ChannelStatus[];
  readonly receipts: Receipt[];
  readonly memory: Map<string, Json>;
  /** Starts the session and links a phone. */
  link(): Promise<void>;
  reaches(is: ChannelStatus['is']): Promise<void>;
  send(chat: string, content: OutboundContent | string, options?: SendOptions): Promise<string>;
  /** Another start of the same installation: same profile, same memory. */
  restarted(): World;
  /** Process ids of the browser on this world's profile. */
  browserPids(kind?: 'browser' | 'renderer'): Promise<number[]>;
  close(): Promise<void>;
}

interface SendOptions {
  readonly messageId?: string;
  readonly blob?: Uint8Array;
  readonly signal?: AbortSignal;
}

export const aBlob = toId<'blob'>('blob-1');

let lastMessage = 0;

export async function openWorld(chromiumPath: string, options: Partial<WhatsappWebOptions> = {}): Promise<World> {
  const whatsapp = await new WhatsappStandIn().start();
  const dataDir = await mkdtemp(join(tmpdir(), 'wasl-whatsapp-web-'));
  return worldOf({ whatsapp, dataDir, chromiumPath, memory: new Map(), intake: new RecordingIntake(), options });
}

function worldOf(given: {
  whatsapp: WhatsappStandIn;
  dataDir: string;
  chromiumPath: string;
  memory: Map<string, Json>;
  intake: RecordingIntake;
  options: Partial<WhatsappWebOptions>;
}): World {
  const { whatsapp, dataDir, chromiumPath, memory, intake, options } = given;
  const log = new RecordingLog();
  const statuses: ChannelStatus[] = [];
  const receipts: Receipt[] = [];
  const adapter = createWhatsappWebAdapter({
    account: 'main',
    dataDir,
    chromiumPath,
    chromiumArgs: whatsapp.chromiumArgs,
    memory: {
      get: async (name) => memory.get(name) ?? null,
      set: async (name, value) => void memory.set(name, value),
    },
    messagesPerMinute: 20,
    clock: systemClock,
    log,
    onReceipt: (receipt) => receipts.push(receipt),
    pulseMs: 200,
    typingMs: 0,
    ...options,
    limits: { firstPauseMs: 50, nudgeMs: 1_000, ...options.limits },
  });
  adapter.onStateChange((status) => statuses.push(status));

  const reaches = async (is: ChannelStatus['is']) => {
    await pollUntil(`the session is ${is}`, () => adapter.state().is === is, slowMs).catch((error: unknown) => {
      const path = log.lines.map(({ fields, message }) => `${message} ${JSON.stringify(fields)}`).join('\n');
      throw new Error(`${String(error)}; it is ${JSON.stringify(adapter.state())}\n${path}`);
    });
  };

  return {
    ...{ whatsapp, adapter, intake, log, dataDir, statuses, receipts, memory, reaches },
    async link() {
      await adapter.start(intake);
      await reaches('pairing');
      whatsapp.scanQr();
      await reaches('ready');
    },
    async send(chat, content, { messageId, blob, signal = AbortSignal.timeout(10_000) } = {}) {
      lastMessage += 1;
      const { platformMessageId } = await adapter.send({
        address: { channel: 'whatsapp-web', account: 'main', chat },
        content: typeof content === 'string' ? { type: 'text', text: content } : content,
        messageId: messageId ?? `m${lastMessage}`,
        signal,
        openBlob: async () => (blob ? inChunks(blob) : null),
      });
      return platformMessageId;
    },
    restarted: () => worldOf(given),
    browserPids: (kind = 'browser') => findBrowsers(join(dataDir, 'whatsapp-web'), kind),
    async close() {
      await adapter.stop();
      await whatsapp.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Chromium's processes whose profile lies in a folder; `browser` is the one that started the others. */
export async function findBrowsers(profilesDir: string, kind: 'browser' | 'renderer'): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes(`--user-data-dir=${profilesDir}`)) continue;
    const isRenderer = command.includes('--type=renderer');
    const isBrowser = !command.includes('--type=');
    if (kind === 'renderer' ? isRenderer : isBrowser) found.push(Number(name));
  }
  return found;
}
