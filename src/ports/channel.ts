import type { Bucket } from './queue.ts';
import type { Address, InboundMedia, InboundMessage, OutboundContent } from '../domain/message.ts';

/** What a channel can carry; the shared encoder degrades messages to it. Lengths are in UTF-16 units, as the platforms count. */
export interface Capabilities {
  readonly buttons: { readonly max: number; readonly labelLength: number } | null;
  readonly lists: { readonly max: number; readonly labelLength: number; readonly descriptionLength: number } | null;
  readonly textLength: number;
  /** Of a text with choices under it; `textLength` when absent. */
  readonly choiceTextLength?: number;
  readonly captionLength: number;
  readonly media: Readonly<
    Partial<Record<InboundMedia['kind'], { readonly maxBytes: number; readonly caption?: 'refused' }>>
  >;
  /** The largest file a person may send that can be fetched; any, when absent. */
  readonly fetches?: { readonly maxBytes: number };
  readonly edits: boolean;
  readonly typing: boolean;
  /** The platform knows templates. */
  readonly templates?: true;
  /** How long after a person's last message anything but a template may be sent. */
  readonly window?: { readonly ms: number };
}

/** One message as the delivery hands it to a channel. */
export interface Sending {
  readonly address: Address;
  readonly content: OutboundContent;
  /** Opens the bytes of a media content. */
  readonly openBlob: (blobId: string) => Promise<AsyncIterable<Uint8Array> | null>;
  /** Aborts after the send's time limit (10 s). */
  readonly signal: AbortSignal;
  /** The message's id, for channels that can dedupe by it. */
  readonly messageId: string;
}

/** One account of a channel (one bot, number or site). */
export interface ChannelAdapter {
  readonly channel: string;
  readonly account: string;
  readonly capabilities: Capabilities;
  /** Sends a message; long or unsupported content becomes several platform messages, of which the last one's id is returned. @throws SendError */
  send(sending: Sending): Promise<{ readonly platformMessageId: string }>;
  /** Opens a file a person sent. @throws SendError: retryable, or final when the platform no longer has it or it is over the limit. */
  openMedia(media: { readonly fileId: string }, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /**
   * The platform's sending limits that a message to this address falls under; none when absent. The account's own, which all its
   * conversations share, stands first, then those of this address alone. Keys name no person: they leave the process.
   */
  readonly budget?: (address: Address) => readonly Bucket[];
  /**
   * For an account whose messages only the holder of its session can send: `here` when one can be sent now, `later` when the
   * session is here but cannot send, `elsewhere` when it is not here. Every process sends when absent.
   */
  readonly placeToSend?: () => 'here' | 'later' | 'elsewhere';
  /** Shows that an answer is being written; best effort. */
  showTyping?(address: Address): Promise<void>;
  /**
   * Answers a call of the platform to `/webhooks/:channel/:account`. Any process may serve it, started or not. `onReceipts` is given
   * what the platform says of messages that were sent; rejecting makes the platform tell it again.
   */
  handleWebhook?(
    request: WebhookRequest,
    intake: Intake,
    onReceipts: (receipts: readonly Receipt[]) => Promise<void>,
  ): Promise<WebhookAnswer>;
  /** Templates that may be sent at any time. @throws SendError, AppError 'business-account-unknown' */
  listTemplates?(signal: AbortSignal): Promise<readonly ApprovedTemplate[]>;
  /** For an account that a person links with a phone. */
  readonly phone?: PhoneSession;
  /** Starts receiving; only the holder of the account's lease calls it. Resolves once running. */
  start?(intake: Intake): Promise<void>;
  stop?(): Promise<void>;
}

/** A template as the platform approved it. */
export interface ApprovedTemplate {
  readonly name: string;
  /** The platform's code of a language, such as `ar` or `en_US`. */
  readonly language: string;
  /** The platform's words. */
  readonly status: string;
  readonly category: string;
  readonly header?: string;
  /** With places such as `{{1}}`. */
  readonly body: string;
  readonly footer?: string;
  /** How many places its body has. */
  readonly parameters: number;
  /** False for one that needs more than texts in numbered places (a file above the text, a place in a link). */
  readonly isSendable: boolean;
}

/** A webhook call as any HTTP server can give it; header names in lower case. */
export interface WebhookRequest {
  readonly method: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came: signatures are made over them. */
  readonly body: Uint8Array;
}

export interface WebhookAnswer {
  readonly status: 200 | 400 | 401 | 403 | 405 | 413 | 503;
  readonly body?: string;
}

/** The one door: makes messages durable, in the order given, then rings. Resolves when all are durable; only then may the platform be told. */
export interface Intake {
  /** @throws StoreUnavailable (nothing, or a first part, was stored: give all of them again). */
  accept(messages: readonly InboundMessage[]): Promise<void>;
}

/** What a platform says about a message that was sent. */
export interface Receipt {
  readonly channel: string;
  readonly account: string;
  readonly platformMessageId: string;
  readonly status: 'sent' | 'delivered' | 'read' | 'failed';
  readonly at: number;
  readonly failure?: string;
}

/** How the session of an account is, for officers and metrics. Times are milliseconds since the epoch. */
export type ChannelStatus =
  /** No phone is linked, and no code is shown at this moment. */
  | { readonly is: 'unpaired'; readonly since: number }
  /** A person with the phone may scan `qr` (or type `code`) until it expires; a new one follows. */
  | {
      readonly is: 'pairing';
      readonly since: number;
      readonly qr: string;
      readonly expiresAt: number;
      readonly code?: string;
    }
  | { readonly is: 'ready'; readonly since: number; readonly phone: string }
  /** A phone is linked, but nothing can be sent now; `reason` is a word for the log. It mends itself. */
  | { readonly is: 'degraded'; readonly since: number; readonly reason: string }
  /** The phone's owner ended the link: pair again. */
  | { readonly is: 'logged-out'; readonly since: number }
  /** The platform has blocked the number. Nothing is tried again until somebody asks for it. */
  | { readonly is: 'banned'; readonly since: number };

/** The session behind a phone that is linked by a code. */
export interface PhoneSession {
  state(): ChannelStatus;
  /** Calls back at every change; returns what ends that. */
  onStateChange(listener: (status: ChannelStatus) => void): () => void;
  /**
   * The code to type on the phone (Linked devices, "link with phone number"), for a number in digits with its country code. Also
   * begins a session anew that waits or is blocked. @throws AppError 'version-conflict' when no code can be asked for at this moment.
   */
  requestPairingCode(phone: string): Promise<string>;
  /** Tries again at once what waits: shows a new QR code, or begins anew after a block. */
  wake(): void;
}
