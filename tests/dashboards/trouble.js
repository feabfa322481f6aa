// Text that cannot be read: cut off by its box, or lying over other text. Returns sentences.
() => {
  const main = document.querySelector('[data-testid="stMain"]') ?? document.body
  const drawn = '[data-testid="stDataFrame"], canvas, svg, [role="tooltip"], .vega-embed, [hidden], [aria-hidden="true"]'
  const seen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest(drawn)
  const short = (text) => text.trim().replace(/\s+/g, ' ').slice(0, 60)
  const troubles = []
  const texts = []
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode
    if (!node.data.trim() || !seen(node.parentElement)) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const box of range.getClientRects())
      if (box.width > 4 && box.height > 4) texts.push({ node, box })
    for (let box = node.parentElement; box !== main && box; box = box.parentElement) {
      const style = getComputedStyle(box)
      if (style.overflowX === 'auto' || style.overflowX === 'scroll' || style.position === 'sticky') break
      const hides = style.overflowX === 'hidden' || style.overflowX === 'clip'
      if (hides && box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 2) {
        troubles.push(`cut off: “${short(node.data)}”`)
        break
      }
    }
  }
  for (let i = 0; i < texts.length; i++)
    for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i], texts[j]]
      if (a.node === b.node) continue
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
      if (wide > 4 && high > 5) troubles.push(`one over the other: “${short(a.node.data)}” and “${short(b.node.data)}”`)
    }
  return [...new Set(troubles)].slice(0, 20)
}
