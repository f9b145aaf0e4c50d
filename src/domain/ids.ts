/** A string that only its own constructor may make, so that one id is never passed for another. */
export type Id<Name extends string> = string & { readonly __id: Name };

/** The lasting thread with one address; a keyed hash of the address, so it tells nothing of a phone number. */
export type ConversationId = Id<'conversation'>;
/** Whoever stands behind one or more addresses. */
export type PersonId = Id<'person'>;
/** One entry of a conversation's mailbox; a keyed hash of what makes the event unique, so a second insert is refused. */
export type EventId = Id<'event'>;
/** One line of a transcript, inbound or outbound. */
export type MessageId = Id<'message'>;
/** One effect a commit decided: `<conversation>-<version>-<n>`; whatever it causes carries this id, which makes it idempotent. */
export type EffectId = Id<'effect'>;
export type CaseId = Id<'case'>;
export type OfficerId = Id<'officer'>;
/** One file a person or an officer sent; its bytes may not have been fetched yet. */
export type AttachmentId = Id<'attachment'>;
export type BlobId = Id<'blob'>;

/** Marks a string that came from the store, a URL or a derivation as an id of the named kind. */
export function toId<Name extends string>(value: string): Id<Name> {
  return value as Id<Name>; // The brand exists only for the compiler.
}

/** The id of the `index`-th effect that version `version` of a conversation caused. */
export function toEffectId(conversationId: ConversationId, version: number, index: number): EffectId {
  return toId(`${conversationId}-${version}-${index}`);
}
