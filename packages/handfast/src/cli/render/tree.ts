/** Trees with branches drawn at the left. */

import { glyphsOf } from './glyphs.ts'
import { paint } from './colour.ts'
import type { Terminal } from './terminal.ts'

/** A node: its lines (the first is its heading), and what hangs below it. */
export interface TreeNode {
  readonly lines: readonly string[]
  readonly children?: readonly TreeNode[]
}

/** The lines of a tree. Roots stand at the left edge without branches. */
export function renderTree(roots: readonly TreeNode[], terminal: Terminal): string[] {
  return roots.flatMap((root) => [
    ...root.lines.map((line, index) => (index === 0 ? line : below(root, terminal) + line)),
    ...renderChildren(root.children ?? [], terminal),
  ])
}

/** Columns a branch takes: what is left of a node at `depth` is `depth` times this. */
export const BRANCH_WIDTH = 3

function renderChildren(children: readonly TreeNode[], terminal: Terminal): string[] {
  const glyphs = glyphsOf(terminal)
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    const first = paint(terminal, 'faint', isLast ? glyphs.lastBranch : glyphs.branch)
    const rest = paint(terminal, 'faint', isLast ? glyphs.blank : glyphs.passing)
    const own = child.lines.map((line, i) => (i === 0 ? first : rest + below(child, terminal)) + line)
    const deeper = renderChildren(child.children ?? [], terminal).map((line) => rest + line)
    return [...own, ...deeper]
  })
}

/** What stands left of a node's further lines: the beginning of the line to its children, if it has any. */
function below(node: TreeNode, terminal: Terminal): string {
  const glyphs = glyphsOf(terminal)
  return paint(terminal, 'faint', (node.children ?? []).length > 0 ? glyphs.passing : glyphs.blank)
}
