import { SendError } from '../../domain/errors.ts';
import type { Address, FileLimits } from '../../domain/message.ts';
import type { Capabilities, ChannelAdapter } from '../../ports/channel.ts';
import type { Log } from '../../ports/log.ts';
import type { Broadcast } from '../../ports/queue.ts';
import type { FileRepository } from '../../ports/message-repositories.ts';
import type { IdDerivation } from '../../ports/repositories.ts';
import { defaultMediaRules, toFileLimits, type MediaRules } from '../shared/check-media.ts';
import { pageRules, receiveUpload, toUploadRules, type Received } from './uploads.ts';
import { sniffed, type OpenFile } from '../shared/sniffed.ts';
import type { ConversationId } from '../../domain/ids.ts';

const channel = 'web-chat';
const megabyte = 1024 * 1024;

/** What the page at /chat shows: its buttons wrap, so there is no need for lists. */
const webChatCapabilities: Capabilities = {
  buttons: { max: 10, labelLength: 60 },
  lists: null,
  textLength: 4_000,
  captionLength: 1_000,
  media: {
    photo: { maxBytes: 10 * megabyte },
    document: { maxBytes: 20 * megabyte },
    audio: { maxBytes: 20 * megabyte },
    voice: { maxBytes: 20 * megabyte },
    video: { maxBytes: 20 * megabyte },
  },
  fetches: { maxBytes: pageRules.maxBytes },
  edits: false,
  typing: false,
};

/** The website's chat: an adapter for the runtime, and what its HTTP routes need of the channel. */
export interface WebChatAdapter extends ChannelAdapter {
  addressOf(chat: string): Address;
  /** What the page may send. */
  readonly uploads: { readonly mimeTypes: readonly string[]; readonly limits: FileLimits };
  /**
   * Keeps a file a person uploads under `id`, streamed and judged by its first bytes. The same id again replaces it.
   * @throws whatever the stream throws, StoreUnavailable
   */
  receiveFile(
    upload: { readonly conversationId: ConversationId; readonly id: string; readonly fileName?: string },
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<Received>;
  /** A file of a transcript with the type its bytes tell, or null when it is gone. */
  openFile(id: string): Promise<OpenFile | null>;
}

/**
 * One site's chat. The transcript in the store is what a page reads, so a message is sent by being there: `send` only wakes the
 * pages that are open, and never fails.
 */
export function createWebChatAdapter(dependencies: {
  account: string;
  ids: Pick<IdDerivation, 'conversation'>;
  files: Pick<FileRepository, 'put' | 'open'>;
  broadcast: Broadcast;
  log: Log;
  /** Which files are kept at all; the page takes fewer. */
  mediaRules?: MediaRules;
}): WebChatAdapter {
  const { account, ids, files, broadcast, log, mediaRules = defaultMediaRules } = dependencies;
  const uploadRules = toUploadRules(mediaRules);
  return {
    channel,
    account,
    capabilities: webChatCapabilities,
    async send({ address, messageId }) {
      const conversationId = ids.conversation(address);
      // Not waited for: pages look again by themselves every few seconds.
      broadcast
        .publish('chat', { conversationId })
        .catch((error: unknown) => log.debug({ conversationId, error }, 'open pages could not be woken'));
      return { platformMessageId: messageId };
    },
    async openMedia({ fileId }) {
      // The runtime then keeps it under the same id, which replaces it by itself.
      const bytes = await files.open(fileId);
      if (!bytes) throw new SendError({ is: 'final', reason: 'file-gone' });
      return bytes;
    },
    uploads: { mimeTypes: [...uploadRules.allowedMimeTypes], limits: toFileLimits(uploadRules) },
    addressOf: (chat) => ({ channel, account, chat }),
    receiveFile: (upload, bytes) => receiveUpload(files, upload, bytes, uploadRules),
    async openFile(id) {
      const bytes = await files.open(id);
      return bytes && (await sniffed(bytes));
    },
  };
}
