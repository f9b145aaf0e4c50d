import { Buffer } from 'node:buffer';
import type WhatsApp from 'whatsapp-web.js';
import { chunkBytes, type Report } from '../protocol.ts';
import { CallFailure } from './call-failure.ts';

type Incoming = Extract<Report, { is: 'chunk' }>['bytes'];

/** Files held for the parent to fetch, at most: the library gives them whole. */
const mostOpen = 4;

/** Files people sent, fetched from the page once and given to the parent piece by piece. */
export function createOpenFiles(client: WhatsApp.Client) {
  const open = new Map<number, { readonly bytes: Buffer; at: number }>();
  return {
    /** @throws CallFailure `file-gone` when WhatsApp no longer has it, `too-large` before it is downloaded where its size is known. */
    async open(id: number, key: string, maxBytes: number): Promise<void> {
      if (open.size >= mostOpen) throw new CallFailure('not-ready');
      const message = await client.getMessageById(key);
      // The library's types leave out that it may give nothing.
      if (!message?.hasMedia) throw new CallFailure('file-gone');
      const { size } = message.rawData as { size?: unknown }; // The page's own model of the message.
      if (typeof size === 'number' && size > maxBytes) throw new CallFailure('too-large');
      const media = await message.downloadMedia();
      if (!media) throw new CallFailure('file-gone');
      const bytes = Buffer.from(media.data, 'base64');
      if (bytes.length > maxBytes) throw new CallFailure('too-large');
      open.set(id, { bytes, at: 0 });
    },
    /** The next piece; null at the end, or when there is no such file. */
    next(id: number): Incoming {
      const file = open.get(id);
      if (!file || file.at >= file.bytes.length) {
        open.delete(id);
        return null;
      }
      const piece = file.bytes.subarray(file.at, file.at + chunkBytes);
      file.at += piece.length;
      return piece;
    },
    drop: (id: number): void => void open.delete(id),
  };
}

/** Files on their way out: each piece is asked for when the last one has come. */
export function createFetchedFiles(ask: (id: number) => void) {
  const waiting = new Map<number, { resolve(bytes: Uint8Array | null): void; reject(error: Error): void }>();
  return {
    /** @throws CallFailure `file-gone`, or `too-large`. */
    async read(id: number, maxBytes: number): Promise<Buffer> {
      const pieces: Uint8Array[] = [];
      let length = 0;
      for (;;) {
        const piece = await new Promise<Uint8Array | null>((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          ask(id);
        }).finally(() => waiting.delete(id));
        if (piece === null) return Buffer.concat(pieces);
        length += piece.length;
        if (length > maxBytes) throw new CallFailure('too-large');
        pieces.push(piece);
      }
    },
    take: (id: number, piece: Uint8Array | null): void => waiting.get(id)?.resolve(piece),
    refuse: (id: number): void => waiting.get(id)?.reject(new CallFailure('file-gone')),
  };
}
