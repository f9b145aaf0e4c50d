/** Every code an `AppError` may carry, with what it means. Codes are stable: clients and tests match on them. */
export const errorCodes = {
  'config-invalid': 'a setting has a value that cannot work',
  'store-unavailable': 'the store did not answer; trying again may help',
  'store-locked': 'another process holds the store',
  'store-key-mismatch': 'SECRET_KEY does not open this store',
  duplicate: 'a document with this id or unique value exists',
  'version-conflict': 'somebody else wrote the document first',
  'send-failed': 'a message could not be sent',
  'flow-invalid': 'a flow file is broken',
  'payload-invalid': 'a platform or client sent something that cannot be read',
  'not-found': 'there is no such thing',
  'file-removed': 'a file was kept for as long as files are, and is gone',
  'too-large': 'a body, file or text is over its limit',
  erased: 'what was asked for has been erased',
  'seal-broken': 'sealed bytes were changed, cut short or moved',
  'token-refused': 'the platform does not take an access token',
  'number-unknown': 'the platform has no such number, or does not show it to this token',
  'app-secret-refused': "the app's secret is not that of the app the token belongs to",
  'business-account-unknown': 'the platform does not say to which business account a number belongs',
  'template-unknown': 'no template of this name is approved in this language',
  'template-parameters': 'a template has another number of places than texts were given',
  'template-unsendable': 'a template needs more than texts in numbered places',
  'platform-unavailable': 'a platform did not answer as it should',
  'browser-missing': 'a channel needs a browser that is not on this machine',
  'account-read-only': 'the account is set in the environment',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code; its message says what, where, and what was expected. */
export class AppError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A document with this id or unique value exists already. */
export class Duplicate extends AppError {
  constructor(message: string) {
    super('duplicate', message);
  }
}

/** The document's version is not the expected one (or it is gone): reload and decide again. */
export class VersionConflict extends AppError {
  constructor(message: string) {
    super('version-conflict', message);
  }
}

/** The store did not answer. The write may or may not have happened; every write of this program may be repeated. */
export class StoreUnavailable extends AppError {
  constructor(message: string, cause?: unknown) {
    super('store-unavailable', message, { cause });
  }
}

/**
 * A channel could not deliver. `retryable` decides what happens next: a retryable failure holds the head of the lane and backs
 * off; a final one marks the message failed and the lane goes on; a held one leaves the lane until something else happens.
 */
export class SendError extends AppError {
  readonly failure:
    | {
        readonly is: 'retryable';
        readonly reason: string;
        readonly afterMs?: number;
        /** A sending limit was met: all messages of the account, or to this person, have to wait for `afterMs`. */
        readonly limit?: 'account' | 'person';
        /** The platform may have taken it. */ readonly uncertain?: boolean;
      }
    | {
        readonly is: 'final';
        readonly reason: string;
        /** The person cannot be reached at all (blocked, left). */ readonly gone?: boolean;
      }
    | { readonly is: 'held'; readonly reason: string };
  constructor(failure: SendError['failure'], options?: { cause?: unknown }) {
    super('send-failed', `send failed (${failure.is}): ${failure.reason}`, options);
    this.failure = failure;
  }
}
