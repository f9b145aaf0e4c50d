import type { FileKind, FileRefusal, MediaKind } from '../domain/message.ts';
import type { Run } from './run.ts';

const kindsOf: Readonly<Record<MediaKind, readonly FileKind[]>> = {
  photo: ['photo'],
  document: ['pdf', 'office'],
  voice: ['sound'],
  audio: ['sound'],
  video: ['video'],
  sticker: [],
};

/**
 * What a person is told of a file that was not kept: that it was lost on its way, or why it was refused and what is kept instead.
 * @param accept What the question takes that waits for the file; absent when none does any more.
 */
export function lostMediaText(run: Run, refusal: FileRefusal | undefined, accept?: readonly MediaKind[]): string {
  const when = accept === undefined ? '-late' : '';
  if (refusal === undefined) return run.engineText(`media-lost${when}`);
  const { kinds, maxMegabytes } = refusal.limits;
  const asked = kinds.filter((kind) => accept?.some((media) => kindsOf[media].includes(kind)) ?? true);
  return run.engineText(`media-refused-${refusal.reason}${when}`, {
    kinds: (asked.length > 0 ? asked : kinds).map((kind) => run.localeText(`files:${kind}`)),
    size: run.localeText('files:megabytes', { count: maxMegabytes }),
  });
}
