import {
  createWhatsappCloudAdapter,
  type WhatsappCloudAdapter,
  type WhatsappCloudOptions,
} from '../../../src/channels/whatsapp-cloud/adapter.ts';
import { toId, type BlobId } from '../../../src/domain/ids.ts';
import type { OutboundContent } from '../../../src/domain/message.ts';
import { createApp } from '../../../src/http/app.ts';
import { webhookRoutes, type WebhookHandler } from '../../../src/http/routes/webhooks.ts';
import type { Receipt } from '../../../src/ports/channel.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { inChunks, RecordingIntake, RecordingLog } from '../../support/recorders.ts';
import { WhatsappCloudEmulator } from '../../support/whatsapp-cloud-emulator.ts';

export interface World {
  readonly cloud: WhatsappCloudEmulator;
  readonly adapter: WhatsappCloudAdapter;
  readonly intake: RecordingIntake;
  readonly receipts: Receipt[];
  readonly log: RecordingLog;
  /** Where the webhook is served, by the real HTTP routes. */
  readonly webhookUrl: string;
  send(content: OutboundContent, options?: SendOptions): Promise<{ readonly platformMessageId: string }>;
  close(): Promise<void>;
}

interface SendOptions {
  readonly to?: string;
  readonly blob?: Uint8Array;
  readonly signal?: AbortSignal;
}

export const aBlob: BlobId = toId('blob-1');
export const person = '966501234567';
export const appSecret = 'the-secret-of-the-app';

export async function openWorld(options: Partial<WhatsappCloudOptions> = {}): Promise<World> {
  const cloud = await new WhatsappCloudEmulator().start();
  const log = new RecordingLog();
  const adapter = createWhatsappCloudAdapter({
    account: 'main',
    phoneNumberId: cloud.phoneNumberId,
    accessToken: cloud.accessToken,
    appSecret,
    verifyToken: cloud.feed.verifyToken,
    apiRoot: cloud.apiRoot,
    clock: systemClock,
    log,
    ...options,
  });
  const intake = new RecordingIntake();
  const receipts: Receipt[] = [];
  const handler: WebhookHandler = (request) =>
    adapter.handleWebhook(request, intake, async (some) => void receipts.push(...some));
  const app = await createApp({ log, routes: [webhookRoutes(new Map([['whatsapp-cloud/main', handler]]))] });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  const webhookUrl = `${origin}/webhooks/whatsapp-cloud/main`;
  cloud.feed.url = webhookUrl;
  return {
    ...{ cloud, adapter, intake, receipts, log, webhookUrl },
    send: (content, { to = person, blob, signal = AbortSignal.timeout(10_000) } = {}) =>
      adapter.send({
        address: { channel: 'whatsapp-cloud', account: 'main', chat: to },
        content,
        openBlob: async () => (blob ? inChunks(blob) : null),
        signal,
        messageId: 'm1',
      }),
    async close() {
      await adapter.stop();
      await cloud.stop();
      await app.close();
    },
  };
}
