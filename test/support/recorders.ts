import { SendError, StoreUnavailable } from '../../src/domain/errors.ts';
import type { InboundMessage } from '../../src/domain/message.ts';
import type { Intake } from '../../src/ports/channel.ts';
import type { Log } from '../../src/ports/log.ts';

/** An intake that keeps what it is given and can be taken away. */
export class RecordingIntake implements Intake {
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

export class RecordingLog implements Log {
  readonly lines: { readonly fields: object; readonly message: string }[] = [];
  #add = (fields: object, message: string) => void this.lines.push({ fields, message });
  debug = this.#add;
  info = this.#add;
  warn = this.#add;
  error = this.#add;
}

/** Why a send failed; throws when it did not. */
export async function failureOf(sending: Promise<unknown>): Promise<SendError['failure']> {
  const error: unknown = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SendError)) throw new Error(`expected a SendError, got ${String(error)}`);
  return error.failure;
}

/** Bytes as they come from a disk or a socket. */
export async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
