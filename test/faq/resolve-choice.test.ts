import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveChoice } from '../../src/faq/resolve-choice.ts';

const MENU = ['طلب مساعدة', 'متابعة طلب', 'شكوى أو اقتراح', 'التطوع معنا', 'التحدث إلى موظف'];
const ENGLISH = ['Request help', 'Track a request', 'Complaint or suggestion', 'Volunteer', 'Talk to an officer'];

describe('resolveChoice', () => {
  it.each([
    ['متابعه طلب', 1],
    ['الاول', 0],
    ['الأولى', 0],
    ['واحد', 0],
    ['١', 0],
    ['1️⃣', 0],
    ['رقم ٣', 2],
    ['الخيار الرابع', 3],
    ['تاني', 1],
    ['اتنين', 1],
    ['الأخير', 4],
    ['اخر واحد', 4],
    ['شكوى', 2],
    ['الشكوى', 2],
    ['اقتراح', 2],
    ['تطوع', 3],
    ['موظف', 4],
    ['ابغى موظف لو سمحت', 4],
    ['ابغى طلب مساعدة', 0],
    ['مسااااعدة', 0],
    ['مساعده', 0],
    ['مسعدة', 0],
    ['متابعه', 1],
    ['طلب', null],
    ['٩', null],
    ['صفر', null],
    ['مو الاول', null],
    ['لا', null],
    ['كيف حالك اليوم', null],
    ['', null],
    ['😀', null],
  ])('%s -> %s', (text, expected) => {
    expect(resolveChoice(text, MENU)).toBe(expected);
  });

  it.each([
    ['the first one', 0],
    ['2', 1],
    ['number three', 2],
    ['option 4', 3],
    ['last one', 4],
    ['track', 1],
    ['TRACK my request', 1],
    ['complaint please', 2],
    ['complant', 2],
    ['voluntear', 3],
    ['officer', 4],
    ['request', null],
  ])('%s -> %s', (text, expected) => {
    expect(resolveChoice(text, ENGLISH)).toBe(expected);
  });

  it('understands yes and no in other words', () => {
    expect(resolveChoice('ايوه', ['نعم', 'لا'])).toBe(0);
    expect(resolveChoice('لا شكرا', ['نعم', 'لا'])).toBe(1);
    expect(resolveChoice('yep', ['Yes', 'No'])).toBe(0);
  });

  it('never takes a refusal for consent, nor consent for a refusal', () => {
    const consent = ['موافق', 'لا أوافق', 'English'];
    expect(['نعم', 'أوافق', 'موافقة', 'ايوه'].map((text) => resolveChoice(text, consent))).toEqual([0, 0, 0, 0]);
    expect(['لا', 'لا شكرا', 'لا اوافق', 'ما اوافق'].map((text) => resolveChoice(text, consent))).toEqual([1, 1, 1, 1]);
    expect(['غير موافق', 'ما موافق', 'مو موافق'].map((text) => resolveChoice(text, consent))).toEqual([1, 1, 1]);
    expect(
      ['ماء', 'صهريج', 'برادة'].map((text) => resolveChoice(text, ['صهريج ماء', 'برادة كهرباء', 'لا شيء'])),
    ).toEqual([0, 0, 1]);
    const english = ['Yes, I agree', 'No, I do not agree'];
    expect(['yes', 'agree', 'I agree'].map((text) => resolveChoice(text, english))).toEqual([0, 0, 0]);
    expect(['no', 'do not agree'].map((text) => resolveChoice(text, english))).toEqual([1, 1]);
  });

  it('does not guess between a place and a number in a label', () => {
    expect(resolveChoice('2', ['2 أفراد', '5 أفراد'])).toBeNull();
    expect(resolveChoice('10', ['5 لتر', '10 لتر'])).toBe(1);
  });

  it('resolves every label to itself and never leaves the menu', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.string(), { maxLength: 8 }), (text, labels) => {
        const index = resolveChoice(text, labels);
        expect(index === null || (index >= 0 && index < labels.length)).toBe(true);
      }),
    );
    MENU.forEach((label, index) => {
      expect(resolveChoice(label, MENU)).toBe(index);
    });
  });
});
