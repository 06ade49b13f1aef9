extension PageLayout {
  /// Measures every frame of its document and leaves the findings as percent-encoded JSON.
  ///
  /// A text's box has its line's height, of which letters leave an eighth free above and below: that
  /// much of two boxes may meet. What a box of its own scrolls counts as far as it is seen.
  static let script = #"""
    function measure(page, view, width) {
      const faults = [];
      const clip = (text) => text.replace(/\s+/g, ' ').trim().slice(0, 60);
      const span = (r) => [r.left, r.right, r.top, r.bottom].map(Math.round).join(' ');
      const within = (a, b, slack) => a.left >= b.left - slack && a.right <= b.right + slack
        && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
      const meet = (a, b) => ({left: Math.max(a.left, b.left), right: Math.min(a.right, b.right),
        top: Math.max(a.top, b.top), bottom: Math.min(a.bottom, b.bottom)});
      const place = (e) => (e.closest('section,[id=verdict],nav') || {id: 'head'}).id || 'contents';
      const fault = (e, what) => faults.push(place(e) + ': ' + what);
      const scroller = (e) => {
        for (let up = e; up && up !== page.body; up = up.parentElement)
          if (view.getComputedStyle(up).overflowX !== 'visible') return up;
        return null;
      };
      // Pairs of texts that share more than `x` by `y` pixels, found from the top down.
      const overlaps = (texts, x, y) => {
        texts.sort((a, b) => a.box.top - b.box.top);
        texts.forEach((a, i) => {
          for (let j = i + 1; j < texts.length && texts[j].box.top < a.box.bottom - y; j++) {
            const shared = meet(a.box, texts[j].box);
            // A cross is a mark: two curves may end at one point.
            if (a.owner !== texts[j].owner && a.words + texts[j].words !== '××'
                && shared.right - shared.left > x && shared.bottom - shared.top > y)
              fault(a.element, `"${a.words}" and "${texts[j].words}" overlap`);
          }
        });
      };

      for (const figure of page.querySelectorAll('svg')) {
        const edge = figure.getBoundingClientRect();
        const scale = edge.width / figure.viewBox.baseVal.width;
        const texts = [];
        for (const text of figure.querySelectorAll('text')) {
          const line = text.getBoundingClientRect();
          if (!line.width) continue;
          const words = clip([...text.childNodes].filter((n) => n.nodeName !== 'title')
            .map((n) => n.textContent).join(''));
          const free = parseFloat(view.getComputedStyle(text).fontSize) * scale / 8;
          const isUpright = line.height > line.width && words.length > 3;
          const box = isUpright
            ? {left: line.left + free, right: line.right - free, top: line.top, bottom: line.bottom}
            : {left: line.left, right: line.right, top: line.top + free, bottom: line.bottom - free};
          if (!within(box, edge, scale))
            fault(figure, `"${words}" at ${span(box)} leaves its figure, ${span(edge)}`);
          texts.push({element: figure, owner: text, words, box});
        }
        overlaps(texts, scale / 2, scale / 2);
        for (const shape of figure.querySelectorAll('path,rect,circle'))
          if (!within(shape.getBoundingClientRect(), edge, 3))
            fault(figure, `a shape "${shape.getAttribute('class')}" leaves its figure`);
        if (width >= 1000 && scroller(figure)?.scrollWidth > scroller(figure)?.clientWidth + 1
            && !figure.closest('table')) fault(figure, 'the figure has to be scrolled');
      }

      const texts = [];
      const nodes = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
      for (let node; (node = nodes.nextNode());) {
        const owner = node.parentElement;
        if (!node.nodeValue.trim() || owner.closest('svg')) continue;
        const words = clip(node.nodeValue);
        let block = owner;
        while (view.getComputedStyle(block).display === 'inline') block = block.parentElement;
        const edge = block.getBoundingClientRect();
        const window = scroller(owner)?.getBoundingClientRect();
        const range = page.createRange();
        range.selectNodeContents(node);
        for (const line of range.getClientRects()) {
          if (!line.width) continue;
          if (!within(line, {...edge, left: edge.left, right: edge.right,
              top: -Infinity, bottom: Infinity}, 1))
            fault(owner, `"${words}" at ${span(line)} leaves its ${block.tagName}, ${span(edge)}`);
          const free = line.height / 8;
          const seen = window ? meet(line, window) : line;
          if (seen.right > seen.left && seen.bottom > seen.top)
            texts.push({element: owner, owner: node, words, box: {left: seen.left,
              right: seen.right, top: seen.top + free, bottom: seen.bottom - free}});
        }
      }
      overlaps(texts, 1, 1);

      for (const element of page.body.querySelectorAll('*')) {
        if (element.ownerSVGElement) continue;
        const box = element.getBoundingClientRect();
        if (box.right > width + 1 && !scroller(element.parentElement))
          fault(element, `${element.tagName} at ${span(box)} is wider than the page`);
      }
      if (page.documentElement.scrollWidth > width) fault(page.body, 'the page scrolls sideways');
      const sections = [...page.querySelectorAll('section')];
      for (const section of sections)
        if (section.querySelector('.fig').getBoundingClientRect().height < 20)
          fault(section, 'nothing is drawn');
      return {sections: sections.map((s) => s.id), faults};
    }
    addEventListener('load', () => {
      const found = [...document.querySelectorAll('iframe')].map((frame) => ({
        page: frame.title, width: frame.clientWidth,
        ...measure(frame.contentDocument, frame.contentWindow, frame.clientWidth)}));
      document.body.textContent = encodeURIComponent(JSON.stringify(found));
    });
    """#
}
