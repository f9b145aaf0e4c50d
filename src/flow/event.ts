import type { Json } from '../domain/effect.ts';
import type { AttachmentId } from '../domain/ids.ts';
import type { FileRefusal, InboundContent } from '../domain/message.ts';
import type { EngineContext } from './context.ts';

/** What may happen to a session, with all that a pure step needs to know. */
export type EngineEvent = {
  /** Milliseconds since the epoch; the engine has no clock of its own. */
  readonly at: number;
  /** The conversation's language; a new session begins in it. */
  readonly language: string;
  readonly context: EngineContext;
} & (
  | {
      readonly type: 'message';
      readonly content: InboundContent;
      /** Set for media: under which id the runtime keeps the file. */
      readonly attachmentId?: AttachmentId;
      /** A message sent before, with new content. */
      readonly edited?: boolean;
      /** The platform's id, which an edit has in common with its message. Without it only the newest answer can be edited. */
      readonly messageId?: string;
    }
  | { readonly type: 'timer'; readonly name: string }
  | { readonly type: 'result'; readonly key: string; readonly result: Json }
  | { readonly type: 'media-lost'; readonly attachmentId: AttachmentId; readonly refusal?: FileRefusal }
  | { readonly type: 'start'; readonly flowId: string; readonly parameters: Readonly<Record<string, Json>> }
  /** An event of this conversation was set aside after three tries: apologise and offer a human. */
  | { readonly type: 'failed' }
);
