import type { CaseUrgency, CaseKind } from './case.ts';
import type { LinkAct } from './link.ts';
import type { OutboundContent } from './message.ts';
import type { AttachmentId } from './ids.ts';

/** A plain JSON value: what variables, parameters and results are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One answered question of a form, as the officer will read it. */
export interface CaseAnswer {
  readonly name: string;
  readonly label: string;
  readonly value: Json;
  readonly shown: string;
}

/**
 * What the engine asks the world to do, decided by a pure step and carried out after the commit.
 * An effect with a `key` is answered by a `result` event with the same key; its node waits for it.
 */
export type Effect =
  /** `{ "type": "send", "content": { "type": "text", "text": "أهلاً بك" } }` */
  | { readonly type: 'send'; readonly content: OutboundContent }
  /** `{ "type": "set-timer", "name": "silence", "afterMs": 86400000 }`; a second one of the same name replaces the first. */
  | { readonly type: 'set-timer'; readonly name: string; readonly afterMs: number }
  | { readonly type: 'cancel-timer'; readonly name: string }
  /** `{ "type": "hand-over", "reason": "asked", "urgency": "normal" }`; puts the conversation in the officers' queue. */
  | {
      readonly type: 'hand-over';
      readonly reason: HandoffReason;
      readonly urgency: CaseUrgency;
      readonly summary?: string;
    }
  /** `{ "type": "open-case", "key": "s1.4", "kind": "assistance", "urgency": "normal", "answers": [], "attachments": [] }`; result: `{ "reference": "..." }` */
  | {
      readonly type: 'open-case';
      readonly key: string;
      readonly kind: CaseKind;
      readonly urgency: CaseUrgency;
      readonly answers: readonly CaseAnswer[];
      readonly attachments: readonly AttachmentId[];
    }
  /** Result: `{ "found": true, "cases": [{ "reference", "kind", "status", "openedAt", "updatedAt" }] }`; without a reference, the person's own newest five. */
  | { readonly type: 'find-case'; readonly key: string; readonly reference?: string }
  /**
   * `{ "type": "link", "key": "s1.4", "act": { "do": "check-code", "code": "48219073" } }`; result: `{ "is": "found", ... }`, see `LinkAct`.
   */
  | { readonly type: 'link'; readonly key: string; readonly act: LinkAct }
  /** Result: `{ "ok": true, "status": 200, "body": ... }` or `{ "ok": false, "status": 0 }`. */
  | {
      readonly type: 'call';
      readonly key: string;
      readonly method: 'GET' | 'POST';
      readonly url: string;
      readonly body?: Json;
    }
  | {
      readonly type: 'record-survey';
      readonly survey: string;
      readonly scores: Readonly<Record<string, number>>;
      readonly comment?: string;
      readonly about?: string;
    }
  /** A question the FAQ did not answer, or what the person made of the answer; officers learn from it. */
  | {
      readonly type: 'record-question';
      readonly text: string;
      readonly outcome: 'unanswered' | 'suggested' | 'answered' | 'picked' | 'rejected';
      readonly entryId?: string;
    }
  | { readonly type: 'set-language'; readonly language: string }
  | { readonly type: 'set-consent'; readonly consent: 'given' | 'withdrawn' }
  /** Destroys the person's key once the farewell has been sent. */
  | { readonly type: 'erase-person' }
  /** A limit was met or a program was wrong; recorded for admins, never shown. */
  | { readonly type: 'record-failure'; readonly code: string; readonly flowId: string; readonly nodeId: string };

export type HandoffReason = 'asked' | 'urgent' | 'unanswered' | 'failed' | 'flow';
