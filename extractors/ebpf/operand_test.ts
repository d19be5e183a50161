import { assertEquals } from "@std/assert";
import { operandExpression } from "./operand.ts";

const FORMS: readonly (readonly [operand: string, expression: string | undefined])[] = [
  ["-8@%r13", 'reg("r13")'],
  ["4@%r15d", '(reg("r15") & 0xffffffff)'],
  ["4@%eax", '(reg("ax") & 0xffffffff)'],
  ["-4@%edi", '(reg("di") & 0xffffffff)'],
  ["2@%bp", '(reg("bp") & 0xffff)'],
  ["1@%cl", '(reg("cx") & 0xff)'],
  ["1@%sil", '(reg("si") & 0xff)'],
  ["1@%r10b", '(reg("r10") & 0xff)'],
  ["2@%r9w", '(reg("r9") & 0xffff)'],
  ["-8@-368(%rbp)", '*(uint64*)uptr(reg("bp") - 368)'],
  ["8@24(%rcx)", '*(uint64*)uptr(reg("cx") + 24)'],
  ["-8@(%rbx)", '*(uint64*)uptr(reg("bx"))'],
  ["-4@168(%rsp)", '*(uint32*)uptr(reg("sp") + 168)'],
  ["1@-1746(%rbp)", '*(uint8*)uptr(reg("bp") - 1746)'],
  ["1@$1", "1"],
  ["-4@$-1", "(-1)"],
  ["8@words(%rip)", undefined],
  ["8@8(%rax,%rbx,2)", undefined],
  ["4f@%xmm0", undefined],
  ["4@%xmm0", undefined],
  ["3@%rax", undefined],
  ["8@[sp, 16]", undefined],
  ["8@%rax; }", undefined],
  ["", undefined],
];

Deno.test("operandExpression() knows the forms of nodes, and no others", () => {
  for (const [operand, expression] of FORMS) assertEquals(operandExpression(operand), expression, operand);
});
