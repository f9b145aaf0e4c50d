import type { OutboundContent } from '../../src/domain/message.ts';
import type { ChannelAdapter, Sending } from '../../src/ports/channel.ts';

export interface Sent {
  readonly chat: string;
  readonly messageId: string;
  readonly content: OutboundContent;
}

/** A channel whose platform is a list: what it takes stays, also when the process that sent it dies. */
export function createRecordingChannel(
  options: {
    /** The platform's side, which outlives the processes that send to it. */
    readonly sent?: Sent[];
    /** Throws to refuse a message (before the platform takes it), or waits. */
    readonly before?: (sending: Sending) => Promise<void>;
    /** Throws to lose the answer (after the platform took it), or waits. */
    readonly after?: (sending: Sending) => Promise<void>;
    readonly openMedia?: ChannelAdapter['openMedia'];
  } = {},
): ChannelAdapter & { readonly sent: Sent[] } {
  const sent = options.sent ?? [];
  return {
    channel: 'test',
    account: 'main',
    capabilities: {
      buttons: { max: 20, labelLength: 60 },
      lists: null,
      textLength: 4096,
      captionLength: 1024,
      media: { photo: { maxBytes: 10_000_000 }, document: { maxBytes: 10_000_000 } },
      edits: false,
      typing: false,
    },
    sent,
    async send(sending) {
      await options.before?.(sending);
      sent.push({ chat: sending.address.chat, messageId: sending.messageId, content: sending.content });
      await options.after?.(sending);
      return { platformMessageId: `p-${sending.messageId}` };
    },
    openMedia:
      options.openMedia ??
      (async () => {
        throw new Error('this channel has no files');
      }),
  };
}
