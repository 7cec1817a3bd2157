"""Words of grammar and of asking, by language.

They are in the index, and are left out of queries: they say how something is asked and not what
about. The build recognises an index's language by them too.
"""

ENGLISH = "english"
RUSSIAN = "russian"

_STOP_WORDS = {
    ENGLISH: """
        a about above after again against all also am an and any anybody anyone anything are
        aren as at be because been before being below between both but by can cannot could
        couldn d did didn do does doesn doing don down during each either else etc ever every
        everybody everyone everything few for from further get gets getting give given gives go
        goes going gone got had hadn has hasn have haven having he hello help her here hers
        herself hi him himself his how however i if in instead into is isn it its itself just
        kindly know let lets like ll look made make makes many may me might more most much must
        mustn my myself need needed needs no nor not now of off ok on once one only onto or
        other ought our ours ourselves out over own per perhaps please put quite rather re
        really s same shall shan she should shouldn so some somebody someone something somewhere
        still such t tell than thank thanks that the their theirs them themselves then there
        these they thing things this those though through thus to too under until up upon us use
        used uses using ve very via want wants was wasn we were weren what whatever when where
        whether which while who whole whom whose why will with within without won would wouldn
        yes yet you your yours yourself yourselves describe explain find show
    """,
    "german": """
        aber alle allem allen aller alles als also am an ander andere anderem anderen anderer
        anderes auch auf aus bei beim bin bis bist bitte da dabei damit dann das dass davon dazu
        dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch
        dort du durch ein eine einem einen einer eines einige er es etwas euch euer falls für
        gegen geht gibt hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr
        ihre ihrem ihren ihrer im in indem ins ist ja je jede jedem jeden jeder jedes jemand
        jene jetzt kann kein keine keinem keinen keiner können könnte machen macht man manche
        mehr mein meine meinem meinen meiner mich mir mit muss musste müssen nach nein nicht
        nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner selbst sich sie
        sind so solche soll sollte sondern sonst sowie tun über um und uns unser unter viel vom
        von vor war waren warum was weil weiter welche welchem welchen welcher welches wenn
        werde werden wer wie wieder will wir wird wirst wo wollen wozu wurde wurden würde zu zum
        zur zwar zwischen
    """,
    "french": """
        a afin ai ainsi alors au aucun aussi autre autres aux avant avec avoir c ce ceci cela
        celle celui ces cet cette chaque chez ci comme comment d dans de des donc dont du elle
        elles en encore entre est et eu eux fait faire faut il ils j je l la le les leur leurs
        lors lui ma mais me même mes moi mon n ne ni nos notre nous on ont or ou où par pas
        pendant peu peut peuvent plus plusieurs pour pourquoi puis qu quand que quel quelle
        quelles quels qui s sa sans se sera ses si soit son sont sous sur ta te tes toi ton tous
        tout toute toutes très tu un une vers vos votre vous y été être
    """,
    "spanish": """
        a al algo algún alguna algunas algunos ante antes aquel aquí así aún aunque cada como
        cómo con contra cual cuál cuando cuándo de del desde donde dónde dos e el él ella ellas
        ellos en entre era es esa ese eso esta está están estas este esto estos fue ha hace
        hacer hacia han hasta hay la las le les lo los más me mi mis mismo muy nada ni no nos
        nosotros o os otra otro otros para pero poco por porque puede pueden que qué quien quién
        se sea según ser si sí sido sin sobre son su sus también tan tanto te tiene tienen todo
        todos tu tú un una uno unos usted y ya yo
    """,
    "italian": """
        a ad agli ai al alla alle allo anche ancora c che chi ci come con cosa così cui da dagli
        dai dal dalla dalle degli dei del della delle dello di dove e è ed era essere fa fare
        gli ha hanno ho i il in io l la le lei li lo loro lui ma me mi mio molto ne negli nei
        nel nella nelle noi non nostro o ogni per perché più può possono qual quale quali quando
        quanto quella quelle quello questa queste questi questo qui se sei senza si sia sono
        stato su sua sue sugli sui sul sulla suo tra tu tutti tutto un una uno vi voi
    """,
    "portuguese": """
        a à ao aos as às até cada com como da das de dela dele depois do dos e é ela elas ele
        eles em entre era essa esse esta está estão estas este estes eu foi foram há isso isto
        já lhe lo mais mas me mesmo meu minha muito na não nas nem no nos nós num numa o os ou
        para pela pelas pelo pelos pode podem por porque qual quando que quem se sem ser seu
        seus são só sobre sua suas também te tem têm todo todos tu um uma você vocês
    """,
    "dutch": """
        aan al alle alles als altijd andere ben bij daar dan dat de der deze die dit doch doen
        door dus een en er ge geen haar had heb hebben heeft hem het hier hij hoe hun ik in is
        ja je kan kunnen maar me meer men met mij mijn moet moeten na naar niet niets nog nu of
        om omdat ons ook op over reeds te tegen toch toen tot u uit uw van veel voor want waren
        was wat we wel werd wie wij wordt worden zal ze zei zelf zich zij zijn zo zonder zou
    """,
    RUSSIAN: """
        а без более больше будет бы был была были было быть в вам вас весь во вот все всё всего
        всех вы где да даже для до другой его ее её если есть еще ещё же за здесь и из или им их
        к как какая какие какой когда кто куда ли либо лучше между меня мне много может можно
        мой моя мы на над надо нам нас не него нее неё нет нибудь никогда них но ну нужно о об
        один он она они оно опять от перед по под после потом потому почему почти при про раз с
        сам свой себе себя сейчас сколько со совсем так также такой там тебя тем теперь то тогда
        того тоже только том тот три тут ты у уже хорошо хоть чего чем через что чтоб чтобы чуть
        эта эти это этого этой этом этот эту я
    """,
}
STOP_WORDS = {name: frozenset(words.split()) for name, words in _STOP_WORDS.items()}
# Those of Chinese stand between other characters, so they are taken out of a run; the longest
# ones first. Japanese writes most of its grammar in hiragana, which queries leave out.
_CHINESE = """
    为什么 怎么样 有没有 是不是 并且 如何 怎样 怎么 什么 哪些 哪个 哪里 可以 如果 为了 一个 自己
    能否 是否 的 了 和 是 在 我 有 这 个 们 与 及 或 也 就 都 要 把 被 从 对 将 并 而 但 请 吗 呢 吧
"""
CHINESE_STOP_WORDS = _CHINESE.split()
