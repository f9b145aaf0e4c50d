import type { AttachmentId, BlobId } from './ids.ts';

/** Where a conversation takes place: one chat with one account (a bot, a number or a site) of one channel. */
export interface Address {
  readonly channel: string;
  readonly account: string;
  readonly chat: string;
}

export type MediaKind = 'photo' | 'document' | 'voice' | 'audio' | 'video' | 'sticker';

/** Kinds of files as people speak of them, in the order in which they are told. */
export type FileKind = 'photo' | 'pdf' | 'office' | 'sound' | 'video';

/** Which files are kept, as people are told. */
export interface FileLimits {
  readonly kinds: readonly FileKind[];
  readonly maxMegabytes: number;
}

/** Why a file was not kept, and what would be. */
export interface FileRefusal {
  readonly reason: 'type' | 'too-large';
  readonly limits: FileLimits;
}

/** A file a person sent, as the platform names it. `fileId` expires (Telegram: about an hour), so it is fetched at once. */
export interface InboundMedia {
  readonly kind: MediaKind;
  readonly fileId: string;
  readonly fileName?: string;
  readonly mimeType?: string;
  readonly sizeBytes?: number;
  readonly durationSeconds?: number;
}

/** What a person sent, in no platform's words. */
export type InboundContent =
  | { readonly type: 'text'; readonly text: string }
  /** A tapped button or list row; `choiceId` is the `Choice.id` it was sent with. */
  | { readonly type: 'choice'; readonly choiceId: string; readonly label?: string }
  | { readonly type: 'media'; readonly media: InboundMedia; readonly caption?: string; readonly albumId?: string }
  | { readonly type: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string }
  | { readonly type: 'contact'; readonly name: string; readonly phone: string }
  /** Something this assistant cannot read (a poll, a game, ...); `what` is the platform's word for it. */
  | { readonly type: 'unsupported'; readonly what: string };

/** What an adapter decodes from its platform's payload. */
export interface InboundMessage {
  readonly address: Address;
  /** The platform's id of the message (for a choice: of the tap). */
  readonly platformMessageId: string;
  readonly kind: 'message' | 'edit' | 'choice';
  /** Set for an edit, which carries its message's id: milliseconds since the epoch. */
  readonly editedAt?: number;
  /** When the platform says it was sent, milliseconds since the epoch. */
  readonly sentAt: number;
  readonly sender: { readonly name?: string; readonly language?: string; readonly phone?: string };
  readonly content: InboundContent;
}

/** A button or list row. `id` is at most 40 bytes, so that every channel can carry it beside its own prefix. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly description?: string;
}

/** A message that a platform has approved beforehand, by its name there. */
export interface Template {
  readonly name: string;
  /** The platform's code of a language, such as `ar` or `en_US`. */
  readonly language: string;
  /** What stands in the places of its text, in their order. */
  readonly parameters: readonly string[];
}

/** What is sent to a person, in no platform's words; a channel's encoder degrades it to what the channel can do. */
export type OutboundContent =
  | {
      readonly type: 'text';
      readonly text: string;
      readonly choices?: readonly Choice[];
      /** Sent by its name where the platform knows templates (choices are its quick replies); `text` says what people read. */
      readonly template?: Template;
    }
  | {
      readonly type: 'media';
      readonly kind: MediaKind;
      readonly blobId: BlobId;
      readonly fileName?: string;
      readonly caption?: string;
    }
  | { readonly type: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string }
  | { readonly type: 'contact'; readonly name: string; readonly phone: string };

/**
 * A file of a transcript line. `pending` until its bytes are in the blob store; `lost` when the platform no longer has them; `refused`
 * when they are of no kind that is kept; `removed` when they were kept for as long as files are. `mimeType` is what the sender says while it is pending, and what its bytes say once stored.
 */
export interface Attachment {
  readonly id: AttachmentId;
  readonly kind: MediaKind;
  readonly fileName?: string;
  readonly mimeType?: string;
  readonly sizeBytes?: number;
  readonly state:
    | { readonly is: 'pending'; readonly fileId: string }
    | { readonly is: 'stored'; readonly blobId: BlobId }
    | { readonly is: 'lost' }
    | { readonly is: 'refused'; readonly reason: string }
    | { readonly is: 'removed' };
}

/** Why a message is `held`: the platform lets only templates through until the person writes again. */
export const outsideWindow = 'outside-window';

/** `held` waits for something outside the lane (WhatsApp's window); `uncertain` is a broadcast whose answer was lost. */
export type DeliveryStatus = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'held' | 'uncertain';

/** What an officer may have sent once more. */
export const resendableStatuses: ReadonlySet<DeliveryStatus> = new Set(['failed', 'held', 'uncertain']);

/** Receipts raise a status by this rank and never lower it. */
export const deliveryRank: Readonly<Record<DeliveryStatus, number>> = {
  queued: 0,
  held: 0,
  sending: 1,
  uncertain: 2,
  sent: 3,
  failed: 4,
  delivered: 5,
  read: 6,
};
