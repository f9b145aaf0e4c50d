import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';
import { AppError } from '../domain/errors.ts';

/**
 * The one place where anything is sealed or opened: AES-256-GCM with a random nonce of 12 bytes. A sealed text is base64 of
 *
 *     format (1 byte) | serial of the key (8) | nonce (12) | ciphertext | tag (16)
 *
 * The first nine bytes are twelve characters of their own, the `mark` of the key: a document says which key sealed it without
 * being decoded, and what an earlier key of the same id had sealed reads as erased, not as broken.
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
export const markLength = 12;
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
  return key.mark + encrypt(key.secret, `${collection}/${id}`, plain).toString('base64');
}

/** Opens what `sealText` made. @throws AppError `seal-broken` when it was changed, cut short or belongs to another document. */
export function openText(key: DataKey, collection: string, id: string, sealed: string): string {
  return decrypt(key.secret, `${collection}/${id}`, Buffer.from(sealed.slice(markLength), 'base64')).toString('utf8');
}

/** nonce | ciphertext | tag. `context` is authenticated with it and must be given again to decrypt. */
export function encrypt(secret: KeyObject, context: string, plain: string | Uint8Array): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv(algorithm, secret, nonce, gcm);
  cipher.setAAD(Buffer.from(context));
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final(); // GCM holds nothing back: this only makes the tag.
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** @throws AppError `seal-broken` */
export function decrypt(secret: KeyObject, context: string, sealed: Buffer): Buffer {
  if (sealed.length < sealOverheadBytes) throw broken(context);
  const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, nonceBytes), gcm);
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
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
