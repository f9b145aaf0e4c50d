import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';
import { AppError } from '../domain/errors.ts';

/**
 * The one place where anything is sealed or opened: AES-256-GCM with a random nonce of 12 bytes. A sealed text is, each part in
 * base64 by itself,
 *
 *     format (1 byte) and serial of the key (8) | nonce (12) | tag (16) | ciphertext
 *
 * The first part is the `mark` of the key: a text says which key sealed it without being decoded, and what an earlier key of the
 * same id had sealed reads as erased, not as broken.
 */
export interface DataKey {
  /** Id of its row in `keys`. */
  readonly id: string;
  /** What every text sealed with it begins with. */
  readonly mark: string;
  readonly secret: KeyObject;
}

const algorithm = 'aes-256-gcm';
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
export const serialBytes = 8;
/** In characters of base64. */
const markLength = 12;
const tagAt = markLength + 16;
const bodyAt = tagAt + 24;
/** How many bytes sealing adds to what it seals. */
export const sealOverheadBytes = nonceBytes + tagBytes;

const gcm = { authTagLength: tagBytes };

/** What texts sealed with the key of this serial begin with. */
export function toMark(serial: Buffer): string {
  return Buffer.concat([Buffer.of(format), serial]).toString('base64');
}

/** The mark of the key that sealed a text. */
export function markOf(sealed: string): string {
  return sealed.slice(0, markLength);
}

/** Seals a text for one document: it opens there and nowhere else. */
export function sealText(key: DataKey, collection: string, id: string, plain: string): string {
  const { nonce, body, tag } = encryptParts(key.secret, `${collection}/${id}`, plain);
  return key.mark + nonce.toString('base64') + tag.toString('base64') + body.toString('base64');
}

/** Opens what `sealText` made. @throws AppError `seal-broken` when it was changed, cut short or belongs to another document. */
export function openText(key: DataKey, collection: string, id: string, sealed: string): string {
  const nonce = Buffer.from(sealed.slice(markLength, tagAt), 'base64');
  const tag = Buffer.from(sealed.slice(tagAt, bodyAt), 'base64');
  const body = Buffer.from(sealed.slice(bodyAt), 'base64');
  return decryptParts(key.secret, `${collection}/${id}`, { nonce, tag, body }).toString('utf8');
}

/** Encrypts bytes: nonce | tag | ciphertext. `context` is authenticated with them and must be given again to decrypt. */
export function encrypt(secret: KeyObject, context: string, plain: Uint8Array): Buffer {
  const { nonce, body, tag } = encryptParts(secret, context, plain);
  return Buffer.concat([nonce, tag, body]);
}

/** @throws AppError `seal-broken` */
export function decrypt(secret: KeyObject, context: string, sealed: Buffer): Buffer {
  return decryptParts(secret, context, {
    nonce: sealed.subarray(0, nonceBytes),
    tag: sealed.subarray(nonceBytes, sealOverheadBytes),
    body: sealed.subarray(sealOverheadBytes),
  });
}

interface Parts {
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly body: Buffer;
}

function encryptParts(secret: KeyObject, context: string, plain: string | Uint8Array): Parts {
  const nonce = nextNonce();
  const cipher = createCipheriv(algorithm, secret, nonce, gcm);
  cipher.setAAD(Buffer.from(context));
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final(); // GCM holds nothing back: this only makes the tag.
  return { nonce, tag: cipher.getAuthTag(), body };
}

function decryptParts(secret: KeyObject, context: string, { nonce, tag, body }: Parts): Buffer {
  if (nonce.length !== nonceBytes || tag.length !== tagBytes) throw broken(context);
  const decipher = createDecipheriv(algorithm, secret, nonce, gcm);
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  const plain = decipher.update(body);
  try {
    decipher.final();
  } catch (cause) {
    throw broken(context, cause);
  }
  return plain;
}

/** The error of sealed bytes that do not open under the right key. `context` names the document, never its content. */
export function broken(context: string, cause?: unknown): AppError {
  return new AppError('seal-broken', `sealed bytes of ${context} do not open: changed, cut short or moved`, { cause });
}

const pool = Buffer.alloc(nonceBytes * 256);
let used = pool.length;

/** Random bytes are cheaper drawn many at once; each is handed out once. */
function nextNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += nonceBytes;
  return Buffer.from(pool.subarray(used - nonceBytes, used));
}
