"""Mail providers where anybody may have an address: such a domain says nothing of a company.

The larger ones of free-email-domains 1.12.6 (https://github.com/Kikobeats/free-email-domains; MIT licence, copyright
2017 Kiko Beats), and a few that it lacks. Its whole list of November 2026 also has thousands of short-lived ones.
"""

from __future__ import annotations

from typing import Final

_DOMAINS: Final = """
126.com 139.com 163.com 21cn.com abv.bg aim.com alice.it aliceadsl.fr aliyun.com amorki.pl aol.co.uk aol.com aol.de
aol.fr aon.at arcor.de att.net autograf.pl azet.sk bbox.fr bellsouth.net bigpond.com bk.ru bluemail.ch bluewin.ch
blueyonder.co.uk bol.com.br btinternet.com buziaczek.pl cegetel.net centrum.cz centrum.sk charter.net chello.at
chello.nl chello.pl club-internet.fr comcast.net cox.net daum.net disroot.org docomo.ne.jp duck.com earthlink.net
eircom.net email.com email.cz email.de ezweb.ne.jp fastmail.com fastmail.fm foxmail.com free.fr freemail.hu freenet.de
gazeta.pl gmail.com gmx.at gmx.ch gmx.co.uk gmx.com gmx.de gmx.fr gmx.net gmx.us go2.pl googlemail.com hanmail.net
hetnet.nl hey.com hispeed.ch home.nl hotmail.be hotmail.ca hotmail.co.uk hotmail.com hotmail.com.ar hotmail.com.br
hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl hotmail.se hushmail.com icloud.com iinet.net.au inbox.com
inbox.lt inbox.lv inbox.ru int.pl interia.com interia.eu interia.pl juno.com kabelmail.de kpnmail.nl laposte.net
libero.it list.ru live.be live.ca live.cn live.co.uk live.com live.com.au live.de live.dk live.fr live.ie live.it
live.nl live.se mac.com mail.bg mail.com mail.de mail.ee mail.ru mailbox.org me.com msn.com nate.com naver.com
netcourrier.com netscape.net neuf.fr ntlworld.com numericable.fr o2.co.uk o2.pl onet.eu onet.pl online.de ono.com
op.pl optonline.net optusnet.com.au orange.fr outlook.at outlook.be outlook.cl outlook.co.uk outlook.com
outlook.com.br outlook.cz outlook.de outlook.dk outlook.es outlook.fr outlook.hu outlook.ie outlook.in outlook.it
outlook.jp outlook.kr outlook.pt outlook.sk planet.nl pm.me poczta.fm poczta.onet.pl post.cz posteo.de proton.me
protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com riseup.net rocketmail.com rogers.com runbox.com sapo.pt
sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be softbank.ne.jp sohu.com spoko.pl startmail.com
sunrise.ch sympatico.ca t-online.de talktalk.net telenet.be telia.com terra.com.br tin.it tiscali.co.uk tiscali.it
tlen.pl tuta.io tutamail.com tutanota.com tutanota.de ukr.net uol.com.br upcmail.nl verizon.net vip.163.com
virgilio.it virginmedia.com vodafone.de volny.cz vp.pl walla.co.il walla.com wanadoo.fr web.de windstream.net wp.pl
xs4all.nl ya.ru yahoo.ca yahoo.cn yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.uk yahoo.com
yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.hk yahoo.com.mx yahoo.com.ph yahoo.com.sg yahoo.com.tr
yahoo.com.tw yahoo.com.vn yahoo.de yahoo.dk yahoo.es yahoo.fr yahoo.gr yahoo.ie yahoo.in yahoo.it yahoo.nl yahoo.no
yahoo.pl yahoo.pt yahoo.ro yahoo.se yandex.by yandex.com yandex.kz yandex.ru yandex.ua yeah.net ymail.com ziggo.nl
zoho.com zohomail.com zoznam.sk
"""
PUBLIC_PROVIDERS: Final = frozenset(_DOMAINS.split())
