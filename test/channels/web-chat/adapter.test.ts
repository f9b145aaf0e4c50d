import { toMediaRules } from '../../../src/channels/shared/check-media.ts';
import { receiveUpload, toUploadRules } from '../../../src/channels/web-chat/uploads.ts';
import { describe, expect, it } from 'vitest';
import { createWebChatAdapter } from '../../../src/channels/web-chat/adapter.ts';
import { toId } from '../../../src/domain/ids.ts';
import type { Sending } from '../../../src/ports/channel.ts';
import type { Broadcast } from '../../../src/ports/queue.ts';
import { createInProcessBroadcast } from '../../../src/queue/in-process/broadcast.ts';

const silentLog = { debug() {}, info() {}, warn() {}, error() {} };
const conversationId = toId<'conversation'>('c1');

/** Files in memory. */
function setUp(broadcast: Broadcast = createInProcessBroadcast()) {
  const kept = new Map<string, Buffer>();
  const adapter = createWebChatAdapter({
    account: 'site',
    ids: { conversation: ({ chat }) => toId(`c-${chat}`) },
    files: {
      async put(_conversationId, id, bytes) {
        const pieces = [];
        for await (const piece of bytes) pieces.push(piece);
        const all = Buffer.concat(pieces);
        kept.set(id, all);
        return { sizeBytes: all.length };
      },
      async open(id) {
        const bytes = kept.get(id);
        return bytes ? inPieces(bytes, 1_000) : null;
      },
    },
    broadcast,
    log: silentLog,
  });
  return { adapter, kept };
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function sendingTo(chat: string): Sending {
  return {
    address: { channel: 'web-chat', account: 'site', chat },
    content: { type: 'text', text: 'مرحبا' },
    openBlob: async () => null,
    signal: AbortSignal.timeout(1_000),
    messageId: 'm1',
  };
}

const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(20_000, 3)]);

describe('the web chat channel', () => {
  it("wakes the conversation's open pages and answers with the message's own id", async () => {
    const broadcast = createInProcessBroadcast();
    const news: unknown[] = [];
    broadcast.subscribe('chat', (each) => news.push(each));
    expect(await setUp(broadcast).adapter.send(sendingTo('x'))).toEqual({ platformMessageId: 'm1' });
    expect(news).toEqual([{ conversationId: 'c-x' }]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['never answers', () => new Promise<void>(() => undefined)],
  ])('sends although the broadcast %s', async (_how, publish) => {
    const broadcast: Broadcast = { ...createInProcessBroadcast(), publish };
    expect(await setUp(broadcast).adapter.send(sendingTo('x'))).toEqual({ platformMessageId: 'm1' });
  });

  it.each([1, 3, 4_096, 100_000])('keeps an upload whole in pieces of %d bytes', async (size) => {
    const { adapter, kept } = setUp();
    const upload = { conversationId, id: 'u1', fileName: 'a.exe' };
    const bytes = size === 1 ? jpeg.subarray(0, 5_000) : jpeg;
    expect(await adapter.receiveFile(upload, inPieces(bytes, size))).toEqual({
      media: { kind: 'photo', fileId: 'u1', fileName: 'a.exe', mimeType: 'image/jpeg', sizeBytes: bytes.length },
    });
    expect(kept.get('u1')?.equals(bytes)).toBe(true);
  });

  it.each([
    ['empty', Buffer.alloc(0), 'empty'],
    ['a script', Buffer.from('#!/bin/sh'), 'unknown-type'],
    ['an archive', Buffer.from('PK\u0003\u0004'), 'type-not-allowed'],
  ])('does not keep an upload that is %s', async (_what, bytes, refused) => {
    const { adapter, kept } = setUp();
    expect(await adapter.receiveFile({ conversationId, id: 'u1' }, inPieces(bytes, 100))).toEqual({ refused });
    expect(kept.size).toBe(0);
  });

  it('takes no upload that the installation does not keep', async () => {
    const rules = toUploadRules(toMediaRules(['voice'], 100));
    expect(rules.maxBytes).toBe(10 * 1024 * 1024);
    const put = async () => ({ sizeBytes: 1 });
    const upload = { conversationId, id: 'u1' };
    expect(await receiveUpload({ put }, upload, inPieces(jpeg, 100), rules)).toEqual({ refused: 'type-not-allowed' });
  });

  it('stops reading an upload at 10 MB', async () => {
    const { adapter, kept } = setUp();
    let given = 0;
    async function* endless() {
      yield jpeg;
      for (;;) {
        given += 1_000_000;
        yield Buffer.alloc(1_000_000);
      }
    }
    expect(await adapter.receiveFile({ conversationId, id: 'u1' }, endless())).toEqual({ refused: 'too-large' });
    expect([given, kept.size]).toEqual([11_000_000, 0]);
  });

  it('passes on what breaks an upload off', async () => {
    const { adapter } = setUp();
    async function* broken() {
      yield jpeg;
      throw new Error('cut');
    }
    await expect(adapter.receiveFile({ conversationId, id: 'u1' }, broken())).rejects.toThrow('cut');
  });

  it('opens a file with the type its bytes tell', async () => {
    const { adapter, kept } = setUp();
    kept.set('f1', jpeg);
    const file = await adapter.openFile('f1');
    expect(file?.media?.mimeType).toBe('image/jpeg');
    expect(await adapter.openFile('gone')).toBeNull();
  });
});
