/** Why a session could not do what it was asked to, by a word that the parent knows (`../to-send-error.ts`). */
export class CallFailure extends Error {
  readonly reason:
    | 'not-ready'
    /** The number is not on WhatsApp. */
    | 'no-such-person'
    /** WhatsApp graded the message as failed. */
    | 'refused'
    /** The page took the message, but the server did not answer. */
    | 'unanswered'
    | 'upload-failed'
    | 'file-gone'
    | 'too-large'
    /** The page broke off: what it was doing may have been done. */
    | 'page-failed';
  constructor(reason: CallFailure['reason']) {
    super(reason);
    this.name = 'CallFailure';
    this.reason = reason;
  }
}
