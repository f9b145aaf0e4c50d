import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { AppError } from '../domain/errors.ts';

/** What is derived from SECRET_KEY; the key itself is used for nothing. */
export interface MasterKey {
  /** Wraps the data keys. */
  readonly wrapping: KeyObject;
  /** Names this SECRET_KEY in everything it wrapped; tells nothing of it. */
  readonly generation: string;
  /** The key of ids and look-up tokens if the store is made with this SECRET_KEY; later it is kept wrapped, so that ids outlive a rotation. */
  readonly firstIdKey: Buffer;
}

const secretKeyBytes = 32;

/** @throws AppError `config-invalid` when the key is not 32 bytes. */
export function deriveMasterKey(secretKey: Buffer): MasterKey {
  if (secretKey.length !== secretKeyBytes)
    throw new AppError(
      'config-invalid',
      `SECRET_KEY: has ${secretKey.length} bytes, expected ${secretKeyBytes}; make one with "openssl rand -base64 32"`,
    );
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secretKey, 'wasl', purpose, length));
  return {
    wrapping: createSecretKey(derive('wrap data keys', 32)),
    generation: derive('name the generation', 9).toString('base64url'),
    firstIdKey: derive('derive ids', 32),
  };
}
