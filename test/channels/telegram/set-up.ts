import {
  createTelegramAdapter,
  type TelegramAdapter,
  type TelegramOptions,
} from '../../../src/channels/telegram/adapter.ts';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import type { BlobId } from '../../../src/domain/ids.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { InboundMessage, OutboundContent } from '../../../src/domain/message.ts';
import type { Intake } from '../../../src/ports/channel.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';
import { TelegramEmulator } from '../../support/telegram-emulator.ts';

/** An intake that keeps what it is given and can be taken away. */
class RecordingIntake implements Intake {
  readonly batches: (readonly InboundMessage[])[] = [];
  refusals = 0;
  /** Held open until it resolves. */
  gate: Promise<void> | null = null;

  async accept(messages: readonly InboundMessage[]): Promise<void> {
    await this.gate;
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new StoreUnavailable('the store is away');
    }
    this.batches.push(messages);
  }

  get messages(): InboundMessage[] {
    return this.batches.flat();
  }

  get texts(): string[] {
    return this.messages.map(({ content }) => (content.type === 'text' ? content.text : content.type));
  }
}

/** Real time, a hundred times faster in its pauses. */
const hastyClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms / 100);
    return () => clearTimeout(timer);
  },
};

class RecordingLog implements Log {
  readonly lines: { readonly fields: object; readonly message: string }[] = [];
  #add = (fields: object, message: string) => void this.lines.push({ fields, message });
  debug = this.#add;
  info = this.#add;
  warn = this.#add;
  error = this.#add;
}

export interface World {
  readonly telegram: TelegramEmulator;
  readonly adapter: TelegramAdapter;
  readonly intake: RecordingIntake;
  readonly log: RecordingLog;
  send(chat: number, content: OutboundContent, options?: SendOptions): Promise<{ readonly platformMessageId: string }>;
  close(): Promise<void>;
}

interface SendOptions {
  readonly blob?: Uint8Array;
  readonly signal?: AbortSignal;
}

export const aBlob: BlobId = toId('blob-1');

export async function openWorld(options: Partial<TelegramOptions> = {}): Promise<World> {
  const telegram = await new TelegramEmulator().start();
  const log = new RecordingLog();
  const adapter = createTelegramAdapter({
    account: 'main',
    token: telegram.token,
    apiRoot: telegram.apiRoot,
    mode: 'polling',
    clock: hastyClock,
    log,
    random: () => 0.5,
    ...options,
  });
  return {
    telegram,
    adapter,
    intake: new RecordingIntake(),
    log,
    send: (chat, content, { blob, signal = AbortSignal.timeout(10_000) } = {}) =>
      adapter.send({
        address: { channel: 'telegram', account: 'main', chat: String(chat) },
        content,
        openBlob: async () => (blob ? inChunks(blob) : null),
        signal,
        messageId: 'm1',
      }),
    async close() {
      await adapter.stop();
      await telegram.stop();
    },
  };
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
